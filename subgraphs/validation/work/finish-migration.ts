/** Ends the look over a migration: seals its exceptions and its report, and says so. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { keyedDigest, type Sha256 } from '../../../kernel/digest.ts';
import { countDispositions, type DispositionCounts } from '../../../kernel/disposition.ts';
import type { Lease } from '../../../runtime/store.ts';
import { sealJson, sealLines } from '../../../runtime/strongroom.ts';
import { CHECKS } from '../checks/catalogue.ts';
import { addVerdicts, NO_VERDICTS } from '../domain/verdict.ts';
import { countVerdicts, type WorkflowLine } from '../domain/workflow.ts';
import { batchesOf, lockMigration } from '../store/copies.ts';
import { countOpen, exceptionsById } from '../store/exceptions.ts';
import type { Batch, ExceptionRow } from '../store/tables.ts';
import { sealDispositions } from './documents.ts';
import { digestsOf } from './finish-batch.ts';
import { coveredNow, sealCoverage } from './coverage.ts';
import type { CompletenessLine } from './charts.ts';
import type { House } from './house.ts';
import { entryOf, eventOf } from './raise.ts';
import type { MigrationTask } from './migration-work.ts';

export async function finishMigration(
  task: MigrationTask,
  looked: Pick<ReportFacts, 'completeness' | 'workflow' | 'opened'>,
  lease: Lease,
): Promise<void> {
  const { house, migration } = task;
  const batches = await house.store.read((em) => batchesOf(em, migration.id));
  const exceptions = await sealExceptions(house, migration.id);
  const report = await sealReport(task, { batches, ...looked, exceptions });
  const covered = await house.store.read((em) => coveredNow(house, em, { ...migration, report }));
  const coverage = await sealCoverage(house, migration, report, covered);
  await house.store.transact(async (unit) => {
    await unit.hold(lease);
    const row = await lockMigration(unit, migration.id);
    Object.assign(row, { report, exceptions });
    const at = house.clock.now();
    const payload = {
      ...{ migrationId: migration.id, report, exceptions, ...coverage },
      datasets: datasetCounts(batches),
      exceptionsOpen: await countOpen(unit.em, { migrationId: migration.id }, at.toISOString()),
    };
    const about = { subject: migration.id, occurrence: report, at };
    unit.emit(eventOf({ type: 'validation.migration-reconciled.v1', payload, ...about }));
    unit.audit(
      entryOf({ action: 'migration-reconciled', ...about, digests: digestsOf({ report, exceptions, ...coverage }) }),
    );
  });
  house.watchers.raised(migration.id);
}

function datasetCounts(batches: readonly Batch[]): { readonly datasetId: string; readonly dispositions: Json }[] {
  const datasets = Map.groupBy(batches, ({ datasetId }) => datasetId);
  return [...datasets]
    .map(([datasetId, own]) => ({ datasetId, dispositions: { ...sumOf(own) } }))
    .sort((left, right) => (left.datasetId < right.datasetId ? -1 : 1));
}

export function sumOf(batches: readonly Pick<Batch, 'dispositions'>[]): DispositionCounts {
  const sum = { verified: 0, acknowledged: 0, excluded: 0, quarantined: 0, failed: 0 };
  for (const { dispositions } of batches) {
    for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += dispositions?.[name] ?? 0;
  }
  return countDispositions(sum);
}

const ROWS_PER_PAGE = 500;

/** One line an exception, without what names a patient: source keys are keyed digests. */
async function sealExceptions(house: House, migrationId: string): Promise<Sha256> {
  async function* lines(): AsyncGenerator<Json> {
    for (let after = ''; ; ) {
      const rows = await house.store.read((em) => exceptionsById(em, migrationId, after, ROWS_PER_PAGE));
      for (const row of rows) yield exceptionLine(house, row);
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.id;
    }
  }
  return (await sealLines(house.strongroom, lines())).digest;
}

function exceptionLine(house: House, row: ExceptionRow): Json {
  const { id, category, severity, origin, code, position, note, raisedAt, dueAt, state } = row;
  const veiled = (text: string | null | undefined): string | null =>
    text == null ? null : keyedDigest(house.keys.record, text);
  return {
    ...{ id, category, severity, origin, code, note, raisedAt, dueAt, state },
    batchId: row.batchId ?? null,
    datasetId: row.datasetId ?? null,
    itemId: row.itemId ?? null,
    recordType: row.recordType ?? null,
    source: veiled(row.sourceId),
    // A target that keeps bytes may call them by their path.
    target: row.recordType == null ? veiled(row.targetId) : (row.targetId ?? null),
    field: row.field ?? null,
    position,
    owner: row.owner ?? null,
    closedBy: row.closedBy ?? null,
    closedAt: row.closedAt ?? null,
  };
}

interface ReportFacts {
  readonly batches: readonly Batch[];
  readonly completeness: readonly CompletenessLine[];
  readonly workflow: readonly WorkflowLine[];
  /** What was in charts that were opened, record by record; null where none was. */
  readonly opened: Sha256 | null;
  readonly exceptions: Sha256;
}

async function sealReport(
  task: MigrationTask,
  { batches, completeness, workflow, opened, exceptions }: ReportFacts,
): Promise<Sha256> {
  const { house, migration, datasets } = task;
  const lines: Json[] = [];
  for (const { dataset, batch: before } of datasets) {
    const batch = batches.find(({ id }) => id === before.id) ?? before;
    const { id, report = null, targetManifest = null, dispositions, verdicts, assurance, sampling = null } = batch;
    lines.push({
      ...{ datasetId: dataset.id, name: dataset.name, tier: dataset.tier, batchId: id, report, targetManifest },
      ...{ dispositions: { ...dispositions }, records: { ...verdicts }, assurance: { ...assurance } },
      sampling: sampling as unknown as Json,
      dispositionLines: await sealDispositions({ house, batch }),
    });
  }
  const verdicts = batches.reduce((sum, batch) => addVerdicts(sum, batch.verdicts ?? NO_VERDICTS), NO_VERDICTS);
  return sealJson(house.strongroom, {
    document: 'waybill migration reconciliation report',
    version: 1,
    migration: { id: migration.id, name: migration.name },
    inputs: { plan: migration.plan, policy: migration.policy },
    dispositions: { ...sumOf(batches) },
    records: verdicts,
    datasets: lines,
    /** Charts of patients and encounters that landed: what hangs on them by the source, and what arrived of it. */
    completeness: completeness as unknown as Json,
    /** Every target asked the way those who work with it ask: charts opened, and reports counted again. */
    workflow: workflow as unknown as Json,
    workflowVerdicts: countVerdicts(workflow),
    openedRecords: opened,
    checks: CHECKS.map(({ id, version, layer, method, requirements, categories, cannotSee }) => ({
      ...{ id, version, layer, method, requirements, categories, cannotSee },
    })),
    exceptions,
  });
}
