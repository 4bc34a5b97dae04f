/** Cutover's own small copies of what the other subgraphs say; each ends with the gates being looked at again. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { DispositionCounts } from '../../../kernel/disposition.ts';
import { type EventType, payloadOf } from '../../../kernel/event.ts';
import { derivedId } from '../../../kernel/id.ts';
import type { Tier } from '../../../kernel/tier.ts';
import type { EventHandler } from '../../../runtime/store.ts';
import type { RecordCounts, Severity } from '../domain/gate.ts';
import { lockCutover } from '../store/cutover-rows.ts';
import { AcceptanceCopy, BatchCopy, Cutover, DatasetCopy, ExceptionCopy, type Rules } from '../store/tables.ts';
import { type CutoverContext, EVALUATE_JOB } from './context.ts';

const POLICY_SIZE_MAX_BYTES = 1024 * 1024;

interface Declared {
  readonly migrationId: string;
  readonly name: string;
  readonly policy: string;
  readonly datasets: readonly { readonly datasetId: string; readonly tier: Tier }[];
}

/** A migration has a cutover from the moment it is declared. */
export function keepMigration({ strongroom }: CutoverContext): EventHandler {
  return {
    on: 'inventory.migration-declared.v1',
    name: 'keep-migration',
    handle: async (event, unit) => {
      const { migrationId, name, policy, datasets } = payloadOf<Declared>(event);
      const bytes = await strongroom.readWhole(policy, POLICY_SIZE_MAX_BYTES);
      const { approval, tolerances, gates, acceptance } = JSON.parse(bytes.toString('utf8')) as Rules;
      const before = await lockCutover(unit.em, migrationId);
      const rules: Rules = { approval: { decision: approval.decision }, tolerances, gates, acceptance };
      const declared = { name, policy, rules, datasets: datasets.length, isSurveyed: false, isReconciled: false };
      if (before === null) await unit.em.insert(Cutover, { ...newCutover(migrationId), ...declared });
      else Object.assign(before, declared);
      await keepDatasets(unit.em, migrationId, datasets);
      unit.enqueue({ kind: EVALUATE_JOB, key: migrationId, payload: { migrationId } });
    },
  };
}

function newCutover(migrationId: string) {
  return {
    id: derivedId('cut', migrationId),
    migrationId,
    evidencePack: null,
    evidenceDigest: null,
    reason: 'no gate was looked at',
    evaluatedAt: null,
  };
}

async function keepDatasets(em: SqlEntityManager, migrationId: string, datasets: Declared['datasets']): Promise<void> {
  const gone = { $nin: datasets.map(({ datasetId }) => datasetId) };
  await em.nativeDelete(DatasetCopy, { migrationId });
  await em.nativeDelete(BatchCopy, { migrationId, datasetId: gone });
  await em.insertMany(
    DatasetCopy,
    datasets.map(({ datasetId, tier }) => ({ id: datasetId, migrationId, tier, isSurveyed: false })),
  );
}

/** A fact about a migration; `keep` says which one, or `undefined` when it is about nothing we know. */
function fact<Payload>(
  on: EventType,
  name: string,
  keep: (em: SqlEntityManager, payload: Payload) => Promise<string | undefined>,
): EventHandler {
  return {
    on,
    name,
    handle: async (event, unit) => {
      const migrationId = await keep(unit.em, payloadOf<Payload>(event));
      const cutover = migrationId === undefined ? null : await lockCutover(unit.em, migrationId);
      if (cutover === null) return;
      if (cutover.evidencePack !== null) cutover.isEvidenceOutdated = true;
      const { migrationId: key } = cutover;
      unit.enqueue({ kind: EVALUATE_JOB, key, payload: { migrationId: key } });
    },
  };
}

interface OfBatch {
  readonly migrationId: string;
  readonly datasetId: string;
  readonly batchId: string;
}

async function changeBatch(em: SqlEntityManager, id: string, change: Partial<BatchCopy>): Promise<string | undefined> {
  const batch = await em.findOne(BatchCopy, { id });
  if (batch === null) return undefined;
  Object.assign(batch, change);
  return batch.migrationId;
}

const keepSurveyedDataset = fact<OfBatch>('inventory.dataset-surveyed.v1', 'keep-survey', async (em, payload) => {
  const dataset = await em.findOne(DatasetCopy, { id: payload.datasetId });
  if (dataset !== null) dataset.isSurveyed = true;
  return payload.migrationId;
});

const keepSurvey = fact<OfBatch>('inventory.migration-surveyed.v1', 'keep-survey', async (em, { migrationId }) => {
  const cutover = await lockCutover(em, migrationId);
  if (cutover !== null) cutover.isSurveyed = true;
  return migrationId;
});

const keepBatch = fact<OfBatch & { readonly remedyOf?: string }>(
  'transfer.batch-planned.v1',
  'keep-batch',
  async (em, payload) => {
    const { migrationId, datasetId, batchId, remedyOf } = payload;
    // What is moved again is counted with the batch it belongs to.
    if (remedyOf !== undefined) return undefined;
    const known = await em.findOne(BatchCopy, { id: batchId });
    const none = { dispositions: null, records: null };
    if (known === null) await em.insert(BatchCopy, { id: batchId, migrationId, datasetId, ...none });
    return migrationId;
  },
);

const keepPause = fact<OfBatch>('transfer.batch-paused.v1', 'keep-batch', (em, { batchId }) =>
  changeBatch(em, batchId, { isPaused: true }),
);

const keepResume = fact<OfBatch>('transfer.batch-resumed.v1', 'keep-batch', (em, { batchId }) =>
  changeBatch(em, batchId, { isPaused: false }),
);

const keepMove = fact<OfBatch>('transfer.batch-moved.v1', 'keep-batch', (em, { batchId }) =>
  changeBatch(em, batchId, { isPaused: false, isMoved: true }),
);

type Reconciled = OfBatch & { readonly dispositions: DispositionCounts; readonly records: RecordCounts };

const keepReconciliation = fact<Reconciled>('validation.batch-reconciled.v1', 'keep-batch', (em, payload) =>
  changeBatch(em, payload.batchId, { dispositions: payload.dispositions, records: payload.records }),
);

interface MigrationReconciled {
  readonly migrationId: string;
  readonly report: string;
  readonly datasets: readonly { readonly datasetId: string; readonly dispositions: DispositionCounts }[];
}

const keepRelationships = fact<MigrationReconciled>(
  'validation.migration-reconciled.v1',
  'keep-migration',
  async (em, { migrationId, report, datasets }) => {
    for (const { datasetId, dispositions } of datasets) {
      const batches = await em.find(BatchCopy, { datasetId });
      const [only] = batches;
      // Looking over all batches may set aside what one batch alone had verified.
      if (only !== undefined && batches.length === 1) only.dispositions = dispositions;
    }
    const cutover = await lockCutover(em, migrationId);
    if (cutover !== null) Object.assign(cutover, { isReconciled: true, report });
    return migrationId;
  },
);

const keepAcceptance = fact<AcceptanceCopy>(
  'validation.acceptance-signed.v1',
  'keep-acceptance',
  async (em, payload) => {
    const { migrationId, role, decision, report } = payload;
    await em.upsert(AcceptanceCopy, { migrationId, role, decision, report });
    return migrationId;
  },
);

interface Raised {
  readonly exceptionId: string;
  readonly migrationId: string;
  readonly category: string;
  readonly severity: Severity;
}

const keepException = fact<Raised>('validation.exception-raised.v1', 'keep-exception', async (em, payload) => {
  const { exceptionId: id, migrationId, category, severity } = payload;
  await em.upsert(ExceptionCopy, { id, migrationId, category, severity, isOpen: true });
  return migrationId;
});

const keepClosing = fact<Raised>('validation.exception-closed.v1', 'keep-exception', async (em, { exceptionId }) => {
  const exception = await em.findOne(ExceptionCopy, { id: exceptionId });
  if (exception !== null) exception.isOpen = false;
  return exception?.migrationId;
});

const keepReopening = fact<Raised>('validation.exception-reopened.v1', 'keep-exception', async (em, payload) => {
  const exception = await em.findOne(ExceptionCopy, { id: payload.exceptionId });
  if (exception !== null) exception.isOpen = true;
  return payload.migrationId;
});

/** Time alone makes exceptions late: that is no new fact, and evidence is not outdated by it. */
const keepStanding: EventHandler = {
  on: 'validation.exception-standing-changed.v1',
  name: 'keep-standing',
  handle: async (event, unit) => {
    const { migrationId, unowned, overdue } = payloadOf<Record<'unowned' | 'overdue', number> & Raised>(event);
    const cutover = await lockCutover(unit.em, migrationId);
    if (cutover === null) return;
    Object.assign(cutover, { unowned, overdue });
    unit.enqueue({ kind: EVALUATE_JOB, key: migrationId, payload: { migrationId } });
  },
};

/** The pack covers everything up to here; whatever is said afterwards outdates it. */
const keepEvidence: EventHandler = {
  on: 'audit.evidence-sealed.v1',
  name: 'keep-evidence',
  handle: async (event, unit) => {
    const { migrationId, pack, bagDigest } = payloadOf<Record<'migrationId' | 'pack' | 'bagDigest', string>>(event);
    const cutover = await lockCutover(unit.em, migrationId);
    if (cutover === null) return;
    Object.assign(cutover, { evidencePack: pack, evidenceDigest: bagDigest, isEvidenceOutdated: false });
    unit.enqueue({ kind: EVALUATE_JOB, key: migrationId, payload: { migrationId } });
  },
};

export const COPIES: readonly EventHandler[] = [
  keepSurveyedDataset,
  keepSurvey,
  keepBatch,
  keepPause,
  keepResume,
  keepMove,
  keepReconciliation,
  keepRelationships,
  keepAcceptance,
  keepException,
  keepClosing,
  keepReopening,
  keepStanding,
  keepEvidence,
];
