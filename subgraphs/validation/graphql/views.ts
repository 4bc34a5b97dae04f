/** From rows to what the graph shows, and to whom. */
import { type Actor, hasRole } from '../../../kernel/actor.ts';
import type { AssuranceLevel } from '../../../kernel/assurance.ts';
import { keyedDigest } from '../../../kernel/digest.ts';
import { causeOf, causeText } from '../domain/cause.ts';
import { isOverdue, type ReconciliationException, stateAt } from '../domain/exception.ts';
import { addVerdicts } from '../domain/verdict.ts';
import type { Batch as BatchRow, CauseRow, ExceptionAct } from '../store/tables.ts';
import type { CauseType } from './cause-type.ts';
import type { ExceptionActType, ExceptionType } from './exception-type.ts';
import type { AssuranceCountsType, BatchReconciliationType } from './reconciliation-types.ts';

export interface Onlooker {
  readonly actor: Actor | undefined;
  readonly now: Date;
  /** Keys the digests shown in the place of what names a patient. */
  readonly key: Uint8Array;
}

/** Who works with exceptions sees what they are about; everybody else sees that they are the same or different. */
export function exceptionView(exception: ReconciliationException, { actor, now, key }: Onlooker): ExceptionType {
  const { migrationId, batchId, datasetId, itemId, sourceId, targetId, recordType } = exception;
  const isShown = actor !== undefined && hasRole(actor, 'operator', 'reviewer');
  const shown = (text: string | null): string | null => (text === null || isShown ? text : keyedDigest(key, text));
  const { id, category, severity, field, position, note, code, owner, closedBy } = exception;
  const state = stateAt(exception, now);
  const cause = causeOf(exception);
  const isClosed = state === 'closed';
  return {
    ...{ id, category, severity, state, recordType, field, position, note, code, owner },
    migration: { id: migrationId },
    batch: batchId === null ? null : { id: batchId },
    dataset: datasetId === null ? null : { id: datasetId },
    remedy: exception.remedyId === null ? null : { id: exception.remedyId },
    item: itemId === null ? null : { id: itemId },
    sourceId: shown(sourceId),
    // A target that keeps bytes may call them by their path, which may name somebody.
    targetId: recordType === null ? shown(targetId) : targetId,
    causeId: cause.id,
    cause: causeText(cause),
    fingerprint: cause.fingerprint,
    ageSeconds: Math.max(0, Math.floor((now.getTime() - exception.raisedAt.getTime()) / 1000)),
    isOverdue: isOverdue(exception, now),
    raisedAt: exception.raisedAt.toISOString(),
    dueAt: exception.dueAt.toISOString(),
    closedBy: isClosed ? closedBy : null,
    closedAt: isClosed ? (exception.closedAt?.toISOString() ?? null) : null,
    recheckedAt: exception.recheckedAt?.toISOString() ?? null,
    recheckFound: exception.recheckFound,
    waivedUntil: exception.waivedUntil?.toISOString() ?? null,
  };
}

/** Words that somebody wrote are for those who work with exceptions: nothing looks for patient data in them. */
export function actView(act: ExceptionAct, { actor }: Pick<Onlooker, 'actor'>): ExceptionActType {
  const { number, action, at, state } = act;
  const isShown = actor !== undefined && hasRole(actor, 'operator', 'reviewer', 'approver');
  return { number, action, actor: act.actor, at, state, text: isShown ? (act.text ?? null) : null };
}

export function causeView(row: CauseRow): CauseType {
  const { migrationId, datasetId = null, recordType = null, path = null, oldestDueAt = null, ...rest } = row;
  return {
    ...rest,
    recordType,
    path,
    text: causeText({ ...rest, migrationId, datasetId, recordType, path }),
    migration: { id: migrationId },
    dataset: datasetId === null ? null : { id: datasetId },
    oldestDueAt,
  };
}

/** Null until the batch is reconciled. */
export function reconciliationView(batch: BatchRow | null): BatchReconciliationType | null {
  const { state, report, targetManifest, movedAt, verdicts, dispositions, assurance } = batch ?? {};
  if (state !== 'reconciled' || !report || !targetManifest || !movedAt) return null;
  if (!verdicts || !dispositions || !assurance) return null;
  return {
    ...{ report, targetManifest, movedAt },
    dispositions: { acknowledged: 0, ...dispositions },
    records: addVerdicts(verdicts, {}),
    assurance: assuranceView(assurance),
  };
}

/** A level that was not known yet when something was reconciled has none. */
export function assuranceView(counts: Readonly<Partial<Record<AssuranceLevel, number>>>): AssuranceCountsType {
  const { 'not-verifiable': notVerifiable = 0, sampled = 0, bytes = 0, record = 0, fields = 0, workflow = 0 } = counts;
  return { notVerifiable, sampled, bytes, record, fields, workflow };
}
