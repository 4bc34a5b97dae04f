/** A small migration as the record office hears of it, ready to be sealed. */
import { join } from 'node:path';
import type { Json } from '../../kernel/canonical-json.ts';
import { type Clock, fixedClock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/digest.ts';
import type { EventType, WaybillEvent } from '../../kernel/event.ts';
import { derivedId } from '../../kernel/id.ts';
import { silentLog } from '../../runtime/log.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { startDispatcher } from '../../runtime/inbox.ts';
import { startWorkers } from '../../runtime/jobs.ts';
import { openStrongroom, sealJson, sealLines, type Strongroom } from '../../runtime/strongroom.ts';
import { slugOf } from '../../subgraphs/audit/domain/pack-paths.ts';
import { requestEntryId, SEAL_JOB } from '../../subgraphs/audit/domain/sealing.ts';
import { requestPack } from '../../subgraphs/audit/store/packs.ts';
import { auditStore } from '../../subgraphs/audit/store/store.ts';
import { EvidencePackRow } from '../../subgraphs/audit/store/tables.ts';
import { auditHandlers } from '../../subgraphs/audit/work/hear.ts';
import { openLogFiles } from '../../subgraphs/audit/work/log-files.ts';
import { openRecordOffice, type RecordOffice } from '../../subgraphs/audit/work/record-office.ts';
import { sealEvidenceJob } from '../../subgraphs/audit/work/seal-evidence.ts';
import type { Place } from '../support/databases.ts';
import { entry, type LogHouse, openLog, record } from './log-house.ts';

export const NAME = 'Lakeside <to> Cloud';
export const MIGRATION = derivedId('mig', NAME);
export const DATASET = derivedId('ds', MIGRATION, 'letters');
export const BATCH = derivedId('bat', DATASET, '1');

export interface PackHouse extends LogHouse {
  readonly office: RecordOffice;
  readonly strongroom: Strongroom;
  readonly folder: string;
  /** Seals the next pack, and gives its row. */
  seal(): Promise<EvidencePackRow>;
  /** Forgets that the pack was sealed, as a crash before the last commit would, and does the job again. */
  sealAgain(pack: EvidencePackRow): Promise<EvidencePackRow>;
  /** Tells an event, and waits until audit has heard it. */
  tell(type: EventType, payload: Json): Promise<void>;
  close(): Promise<void>;
}

export async function openPackHouse(
  place: Place,
  clock: Clock = fixedClock(new Date('2026-01-31T10:00:00Z')),
): Promise<PackHouse> {
  const { directory } = place;
  const house = await openLog(await place.open([auditStore]), directory);
  const { database, sequencer, keys } = house;
  const store = database.store('audit');
  const metrics = openMetrics();
  const strongroom = await openStrongroom(directory);
  const office = openRecordOffice({ sequencer, store, log: silentLog, metrics, appended: () => {} });
  const folder = join(directory, 'evidence');
  const files = await openLogFiles(directory);
  const job = sealEvidenceJob({ store, clock, folder, sequencer, office, strongroom, files, keys });
  const common = { database, log: silentLog, metrics };
  const workers = startWorkers({ ...common, jobs: { audit: [job] } });
  const dispatcher = startDispatcher({ ...common, handlers: { audit: auditHandlers } });
  return {
    ...house,
    office,
    strongroom,
    folder,
    async seal() {
      const requestedAt = clock.now().toISOString();
      const slug = slugOf(NAME);
      const { id } = await store.transact(async (unit) => {
        const pack = await requestPack(unit, { migrationId: MIGRATION, slug, requestedBy: 'olga', requestedAt });
        unit.audit(entry(requestEntryId(pack.id), { action: 'evidence-requested', subject: MIGRATION }));
        unit.enqueue({ kind: SEAL_JOB, key: pack.id, payload: { packId: pack.id } });
        return pack;
      });
      await workers.settled();
      return store.read((em) => em.findOneOrFail(EvidencePackRow, { id }));
    },
    async sealAgain({ id }) {
      await store.transact(async (unit) => {
        const row = await unit.em.findOneOrFail(EvidencePackRow, { id });
        Object.assign(row, { state: 'sealing', bagDigest: null });
        unit.enqueue({ kind: SEAL_JOB, key: id, payload: { packId: id } });
      });
      await workers.settled();
      return store.read((em) => em.findOneOrFail(EvidencePackRow, { id }));
    },
    async tell(type, payload) {
      await store.transact(async (unit) => unit.emit(eventOf(type, payload)));
      await dispatcher.settled();
    },
    async close() {
      await dispatcher.close();
      await workers.close();
      await office.close();
    },
  };
}

function eventOf(type: EventType, payload: Json): WaybillEvent {
  const id = derivedId('evt', type, JSON.stringify(payload));
  return { id, type, subject: MIGRATION, actor: 'service:test', occurredAt: '2026-01-31T09:30:00.000Z', payload };
}

/** Lets a whole small migration happen: every stage, two decisions, two exceptions, and entries about items. */
export async function migrate(house: PackHouse): Promise<void> {
  const { strongroom, tell, database } = house;
  const ids = { migrationId: MIGRATION, datasetId: DATASET, batchId: BATCH };
  const seal = async (what: string): Promise<string> => (await sealLines(strongroom, [{ what }])).digest;
  const [plan, policy, lineage] = [
    await sealJson(strongroom, { plan: 1 }),
    await sealJson(strongroom, { policy: 1 }),
    await sealJson(strongroom, { lineage: 1 }),
  ];
  const datasets = [{ datasetId: DATASET, name: 'letters', tier: 'active-clinical', format: 'document', lineage }];
  await tell('inventory.migration-declared.v1', { migrationId: MIGRATION, name: NAME, plan, policy, datasets });
  const survey = await seal('survey');
  await tell('inventory.dataset-surveyed.v1', {
    migrationId: MIGRATION,
    datasetId: DATASET,
    survey,
    items: 4,
    bytes: 99,
  });
  const [manifest, moved, report, target] = [
    await seal('m'),
    await seal('r'),
    await sealJson(strongroom, { ok: 1 }),
    await seal('t'),
  ];
  const sums = (await strongroom.put([Buffer.from(`${sha256('a')}  letter 1.pdf\n`)])).digest;
  await tell('transfer.manifest-sealed.v1', {
    ...ids,
    manifest,
    sums,
    items: 3,
    bytes: 90,
    records: 3,
    signature: 'c2ln',
  });
  await tell('transfer.batch-moved.v1', { ...ids, manifest, record: moved, moved: 3, setAside: 0, bytes: 90 });
  await tell('validation.batch-reconciled.v1', {
    ...ids,
    report,
    targetManifest: target,
    dispositions: { eligible: 4, verified: 2, excluded: 1, quarantined: 1, failed: 0 },
    records: {
      source: 3,
      target: 3,
      matched: 2,
      differs: 1,
      missingOnTarget: 0,
      missingOnSource: 0,
      unreadable: 0,
      duplicates: 0,
      superseded: 0,
    },
    exceptionsOpen: 1,
  });
  for (const [exceptionId, category] of [
    ['exc-1', 'truncation'],
    ['exc-2', 'orphaned'],
  ] as const) {
    await tell('validation.exception-raised.v1', {
      ...ids,
      exceptionId,
      category,
      severity: 'major',
      itemId: 'item-1',
    });
  }
  await tell('validation.exception-closed.v1', { exceptionId: 'exc-2', by: 'waiver' });
  await tell('transfer.batch-moved.v1', { migrationId: 'mig-another', batchId: 'bat-of-another' });
  await record(database, [
    entry('e-1', { action: 'migration-declared', subject: MIGRATION, digests: { plan, policy } }),
    ...Array.from({ length: 600 }, (_, at) => entry(`item-${at}`, { subject: `item-${at}` })),
    entry('e-2', { action: 'launch-proposed', actor: 'olga', subject: BATCH, reason: 'tests & <checks> are done' }),
    entry('e-3', { action: 'launch-approved', actor: 'anna', subject: BATCH }),
    entry('e-6', { action: 'exclusion-approved', actor: 'anna', subject: 'exclusion-1' }),
    entry('e-7', { action: 'launch-approved', actor: 'anna', subject: 'bat-of-another' }),
    entry('e-4', { action: 'manifest-sealed', subject: BATCH, digests: { manifest, sums } }),
    entry('e-5', { action: 'batch-reconciled', subject: BATCH, digests: { report, target } }),
  ]);
}
