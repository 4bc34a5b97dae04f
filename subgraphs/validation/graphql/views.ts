/** From rows to what the graph shows, and to whom. */
import { type Actor, hasRole } from '../../../kernel/actor.ts';
import { keyedDigest } from '../../../kernel/digest.ts';
import { type ReconciliationException, stateAt } from '../domain/exception.ts';
import type { Batch as BatchRow } from '../store/tables.ts';
import type { ExceptionType } from './exception-type.ts';
import type { BatchReconciliationType } from './reconciliation-types.ts';

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
  const isClosed = state === 'closed';
  return {
    ...{ id, category, severity, state, recordType, field, position, note, code, owner },
    migration: { id: migrationId },
    batch: batchId === null ? null : { id: batchId },
    dataset: datasetId === null ? null : { id: datasetId },
    item: itemId === null ? null : { id: itemId },
    sourceId: shown(sourceId),
    // A target that keeps bytes may call them by their path, which may name somebody.
    targetId: recordType === null ? shown(targetId) : targetId,
    raisedAt: exception.raisedAt.toISOString(),
    dueAt: exception.dueAt.toISOString(),
    closedBy: isClosed ? closedBy : null,
    closedAt: isClosed ? (exception.closedAt?.toISOString() ?? null) : null,
    waivedUntil: exception.waivedUntil?.toISOString() ?? null,
  };
}

/** Null until the batch is reconciled. */
export function reconciliationView(batch: BatchRow | null): BatchReconciliationType | null {
  const { state, report, targetManifest, movedAt, verdicts, dispositions, assurance } = batch ?? {};
  if (state !== 'reconciled' || !report || !targetManifest || !movedAt) return null;
  if (!verdicts || !dispositions || !assurance) return null;
  const { 'not-verifiable': notVerifiable, ...levels } = assurance;
  return { report, targetManifest, movedAt, records: verdicts, dispositions, assurance: { notVerifiable, ...levels } };
}
