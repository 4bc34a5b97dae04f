/** The loss job: maps every item of a dataset, seals what the map loses, and tells readiness. Nothing is moved. */
import { isFault } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
import type { EndpointSettings } from '../../../plugins/host/index.ts';
import { blockingLosses, lossJson, LossMeter, type LossReport as Loss } from '../../../records/lineage/loss.ts';
import type { JobHandler, Lease } from '../../../runtime/store.ts';
import { readLines, sealJson } from '../../../runtime/strongroom.ts';
import type { SurveyLine } from '../domain/item.ts';
import { findingsOf } from '../domain/loss.ts';
import type { Problem } from '../domain/readiness.ts';
import { saveFindings } from '../store/findings.ts';
import { lossOf } from '../store/loss-rows.ts';
import { lockMigration } from '../store/migration-rows.ts';
import { Dataset } from '../store/tables.ts';
import { entryOf } from './announce.ts';
import { LOSS_JOB, type InventoryContext } from './context.ts';
import { factsChanged } from './facts-changed.ts';
import { problemOf, settingsOfSource, withSource } from './list-source.ts';
import { sealedMap } from './sealed-map.ts';

interface Measuring {
  readonly dataset: Dataset;
  readonly source: EndpointSettings;
  readonly lineage: string;
  readonly survey: string;
}

export function lossJob(context: InventoryContext): JobHandler {
  return {
    kind: LOSS_JOB,
    run: async (payload, lease) => {
      const { datasetId } = payload as { readonly datasetId: Id };
      const measuring = await begin(context, datasetId);
      if (measuring === undefined) return;
      try {
        const report = await measure(context, measuring, lease);
        await finish(context, measuring, report, lease);
      } catch (error) {
        if (lease.signal.aborted || (isFault(error) && error.code.startsWith('STORE_'))) throw error;
        await fail(context, measuring, problemOf(error), lease);
      }
    },
  };
}

/** Undefined where nobody waits for it any more. */
function begin({ store }: InventoryContext, datasetId: Id): Promise<Measuring | undefined> {
  return store.read(async (em) => {
    const row = await lossOf(em, datasetId);
    const dataset = await em.findOne(Dataset, { id: datasetId });
    if (row === null || dataset === null || row.state !== 'running') return undefined;
    return {
      dataset,
      source: await settingsOfSource(em, dataset.migrationId),
      lineage: row.lineage,
      survey: row.survey,
    };
  });
}

async function measure(context: InventoryContext, measuring: Measuring, lease: Lease): Promise<Loss> {
  const meter = new LossMeter(await sealedMap(context, measuring.lineage));
  return withSource(context, measuring.source, lease.signal, async (source) => {
    for await (const item of readLines<SurveyLine>(context.strongroom, measuring.survey)) {
      if (item.excluded !== undefined) continue;
      await meter.add(item.itemId, item.path, source.read(item.path, 0, lease.signal));
    }
    return meter.report();
  });
}

async function finish(context: InventoryContext, measuring: Measuring, report: Loss, lease: Lease): Promise<void> {
  const { dataset } = measuring;
  const digest = await sealJson(context.strongroom, lossJson(report));
  const now = context.clock.now().toISOString();
  await context.store.transact(async (unit) => {
    const migration = await lockMigration(unit.em, dataset.migrationId);
    await unit.hold(lease);
    const row = await lossOf(unit.em, dataset.id);
    if (migration === null || row === null || row.lineage !== measuring.lineage || row.survey !== measuring.survey)
      return;
    Object.assign(row, {
      state: 'complete',
      report: digest,
      items: report.items,
      records: report.records,
      lostPaths: report.lost.length,
      overwrittenTargets: report.overwritten.length,
      fromNothing: report.fromNothing.length,
      blocking: blockingLosses(report),
      finishedAt: now,
    });
    const scope = { migrationId: dataset.migrationId, datasetId: dataset.id, source: 'loss' } as const;
    await saveFindings(unit.em, scope, findingsOf(report), now);
    const digests = { lineage: measuring.lineage, survey: measuring.survey, report: digest };
    const reason = `${report.lost.length} lost, ${report.overwritten.length} overwritten`;
    unit.audit(entryOf(context, { action: 'loss-reported', subject: dataset.id, occurrence: digest, digests, reason }));
    factsChanged(unit, migration);
  });
}

async function fail(context: InventoryContext, { dataset }: Measuring, problem: Problem, lease: Lease): Promise<void> {
  await context.store.transact(async (unit) => {
    const migration = await lockMigration(unit.em, dataset.migrationId);
    await unit.hold(lease);
    const row = await lossOf(unit.em, dataset.id);
    if (migration === null || row === null) return;
    const finishedAt = context.clock.now().toISOString();
    Object.assign(row, { state: 'failed', finishedAt, problemCode: problem.code, problemReason: problem.reason });
    factsChanged(unit, migration);
  });
}
