/** Validation on a real store, strongroom and host, behind a carrier that delivers exactly what a test tells it to. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { canonicalJson, type Json } from '../../kernel/canonical-json.ts';
import { fixedClock, type Clock } from '../../kernel/clock.ts';
import type { AuditEntry, EventType, WaybillEvent } from '../../kernel/event.ts';
import { derivedId } from '../../kernel/id.ts';
import { openConnectorHost } from '../../plugins/host/index.ts';
import { memoryPlace, type MemoryPlace } from '../../plugins/memory/index.ts';
import type { Database } from '../../runtime/database.ts';
import { type HouseKeys, openKeys } from '../../runtime/keys.ts';
import { claim, finish } from '../../runtime/lease.ts';
import { silentLog } from '../../runtime/log.ts';
import { openStrongroom, readLines, sealJson, sealLines } from '../../runtime/strongroom.ts';
import { completePolicy } from '../../subgraphs/inventory/domain/policy.ts';
import { findRemedy } from '../../subgraphs/validation/store/remedies.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { ExceptionRow, ItemDisposition } from '../../subgraphs/validation/store/tables.ts';
import { GROUP_JOB, groupJob } from '../../subgraphs/validation/work/act-on-group.ts';
import type { House } from '../../subgraphs/validation/work/house.ts';
import { validationHandlers } from '../../subgraphs/validation/work/intake.ts';
import { standingJob } from '../../subgraphs/validation/work/keep-standing.ts';
import { RECONCILE_JOB, reconcileJob } from '../../subgraphs/validation/work/reconcile.ts';
import { relateJob } from '../../subgraphs/validation/work/relate.ts';
import { RELATE_JOB } from '../../subgraphs/validation/work/finish-batch.ts';
import { STANDING_JOB } from '../../subgraphs/validation/work/standing.ts';
import { ValidationWatch } from '../../subgraphs/validation/work/watch.ts';
import type { Place } from '../support/databases.ts';
import { carry, type Carried, type DatasetGiven } from './carrier.ts';

export const NOON = new Date('2026-11-01T12:00:00.000Z');

export type { DatasetGiven } from './carrier.ts';

export interface RigOptions {
  readonly name?: string;
  readonly clock?: Clock;
  readonly database?: Database;
  readonly keys?: HouseKeys;
  /** What the policy of the migration says other than the safe defaults. */
  readonly policy?: Json;
  /** The name of the place that is the target; one of its own when absent. */
  readonly targetName?: string;
}

export class Rig {
  readonly migrationId: string;
  readonly target: MemoryPlace;
  readonly targetName: string;

  private constructor(
    readonly place: Place,
    readonly database: Database,
    readonly house: House,
    readonly watch: ValidationWatch,
    readonly name: string,
    readonly policy: Json,
    targetName: string | undefined,
  ) {
    this.migrationId = derivedId('mig', name);
    this.targetName = targetName ?? `target-${randomBytes(6).toString('hex')}`;
    this.target = memoryPlace(this.targetName);
  }

  static async open(place: Place, options: RigOptions = {}): Promise<Rig> {
    const clock = options.clock ?? fixedClock(NOON);
    const database = options.database ?? (await place.open([validationStore], clock));
    const store = database.store('validation');
    const watch = new ValidationWatch(store);
    const host = await openConnectorHost({
      packages: ['@waybill/connector-memory'],
      spoolDirectory: join(place.directory, 'spool'),
      environment: () => undefined,
      log: () => {},
      clock,
      limits: { retriesMax: 0, backoffFirstMs: 1, backoffMostMs: 1, lookUpsMax: 0 },
    });
    const house: House = {
      ...{ store, clock, host, watchers: watch, log: silentLog },
      strongroom: await openStrongroom(place.directory),
      keys: options.keys ?? openKeys(place.directory),
      directory: join(place.directory, 'scratch'),
    };
    return new Rig(place, database, house, watch, options.name ?? 'st-anne', options.policy ?? {}, options.targetName);
  }

  /** Declares, surveys, plans and carries every dataset; then tells validation that they moved. */
  async carryAll(...datasets: readonly DatasetGiven[]): Promise<void> {
    await this.declare(...datasets);
    for (const dataset of datasets) await this.carry(dataset);
    for (const dataset of datasets) await this.moved(dataset);
  }

  async declare(...datasets: readonly DatasetGiven[]): Promise<void> {
    const room = this.house.strongroom;
    const end = (place: string): Json => ({ connector: 'memory', config: { place }, secrets: {} });
    const plan = await sealJson(room, {
      migration: this.name,
      source: end('nowhere'),
      target: end(this.targetName),
      datasets: datasets.map(({ name, select, owner, target, consumers, feeds }) => ({
        ...{ name, select, owner },
        ...(target !== undefined && { target: end(target) }),
        ...(consumers !== undefined && { consumers }),
        ...(feeds !== undefined && { feeds }),
      })),
    });
    const policy = await sealJson(room, completePolicy(this.policy) as unknown as Json);
    this.#policyDigest = policy;
    const rows: Json[] = [];
    for (const { name, tier = 'active-clinical', format, lineage } of datasets) {
      const digest = lineage === undefined ? null : (await room.put([Buffer.from(lineage)])).digest;
      rows.push({ datasetId: this.datasetId(name), name, tier, format, lineage: digest });
    }
    const { migrationId } = this;
    await this.hear('inventory.migration-declared.v1', {
      ...{ migrationId, name: this.name, plan, policy },
      datasets: rows,
    });
    for (const dataset of datasets) await this.survey(dataset);
  }

  #policyDigest = '';

  /** A second person approves the policy that was declared last. */
  approvePolicy(): Promise<void> {
    const by = { proposedBy: 'olga', approvedBy: 'anna', approvedAt: NOON.toISOString() };
    const payload = { migrationId: this.migrationId, policy: this.#policyDigest, ...by };
    return this.hear('inventory.policy-approved.v1', payload);
  }

  async survey({ name, files, excluded = [] }: DatasetGiven): Promise<void> {
    const lines = Object.entries(files)
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([path, bytes]): Json => {
        const item = { itemId: this.itemId(name, path), path, sizeBytes: Buffer.byteLength(bytes) };
        return excluded.includes(path) ? { ...item, excluded: 'legal hold' } : item;
      });
    const { digest, lines: items } = await sealLines(this.house.strongroom, lines);
    const ids = { migrationId: this.migrationId, datasetId: this.datasetId(name) };
    await this.hear('inventory.dataset-surveyed.v1', { ...ids, survey: digest, items, bytes: 0 });
    const batchId = this.batchId(name);
    await this.hear('transfer.batch-planned.v1', { ...ids, batchId, items, excluded: excluded.length });
  }

  readonly #carried = new Map<string, Carried>();

  /** What an honest transfer does: originals into the strongroom, records or bytes to the target. */
  async carry(dataset: DatasetGiven): Promise<void> {
    const { target } = dataset;
    const place = target === undefined ? this.target : memoryPlace(target);
    const itemId = (path: string): string => this.itemId(dataset.name, path);
    this.#carried.set(dataset.name, await carry(this.house.strongroom, place, dataset, itemId, this.house.keys.record));
  }

  async sealed(name: string, manifest: string): Promise<void> {
    const ids = { migrationId: this.migrationId, datasetId: this.datasetId(name), batchId: this.batchId(name) };
    const counts = { items: 0, bytes: 0, records: 0, signature: '' };
    await this.hear('transfer.manifest-sealed.v1', { ...ids, manifest, sums: manifest, ...counts });
  }

  /** Tells that the batch has moved, and before that its manifest was sealed, unless that was told already. */
  async moved({ name }: DatasetGiven, manifestWas: 'sealed now' | 'sealed before' = 'sealed now'): Promise<void> {
    const { manifest: rows = [], record: lines = [] } = this.#carried.get(name) ?? {};
    const manifest = (await sealLines(this.house.strongroom, rows)).digest;
    const record = (await sealLines(this.house.strongroom, lines)).digest;
    if (manifestWas === 'sealed now') await this.sealed(name, manifest);
    const ids = { migrationId: this.migrationId, datasetId: this.datasetId(name), batchId: this.batchId(name) };
    await this.hear('transfer.batch-moved.v1', { ...ids, manifest, record, moved: 0, setAside: 0, bytes: 0 });
  }

  /** What transfer says when a remedy has moved these items, as the dataset gives them now. */
  async movedAgain(dataset: DatasetGiven, remedyId: string, ...paths: readonly string[]): Promise<void> {
    const { name, files } = dataset;
    const some = { ...dataset, files: Object.fromEntries(paths.map((path) => [path, files[path] ?? ''])) };
    const { strongroom, keys } = this.house;
    const carried = await carry(strongroom, this.target, some, (path) => this.itemId(name, path), keys.record);
    const manifest = (await sealLines(strongroom, carried.manifest)).digest;
    const record = (await sealLines(strongroom, carried.record)).digest;
    const ids = { migrationId: this.migrationId, datasetId: this.datasetId(name), batchId: remedyId };
    const remedy = await this.house.store.read((em) => findRemedy(em, remedyId));
    const movement = { ...ids, remedyOf: this.batchId(name), manifest, record, moved: 0, setAside: 0, bytes: 0 };
    await this.hear('transfer.batch-moved.v1', { ...movement, ...(remedy?.lineage && { lineage: remedy.lineage }) });
  }

  /** Forgets everything validation, its outbox and its queue hold. */
  async forget(): Promise<void> {
    const { dialect } = this.database.platform;
    const named = (name: string) => (dialect === 'postgresql' ? `runtime.${name}` : `runtime_${name}`);
    await this.house.store.transact(async ({ em }) => {
      for (const entity of validationStore.entities) await em.nativeDelete(entity, {});
      for (const name of ['event', 'audit_row', 'job']) await em.execute(`delete from ${named(name)}`);
    });
  }

  async hear(type: EventType, payload: Json): Promise<void> {
    const event: WaybillEvent = {
      id: derivedId('evt', type, canonicalJson(payload)),
      ...{ type, subject: this.migrationId, actor: 'service:test', payload },
      occurredAt: NOON.toISOString(),
    };
    this.#heard.push(event);
    await this.#hand(event);
  }

  readonly #heard: WaybillEvent[] = [];

  /** Tells validation again everything it was told; for after it forgot. */
  async tellAgain(): Promise<void> {
    for (const event of this.#heard) await this.#hand(event);
  }

  async #hand(event: WaybillEvent): Promise<void> {
    for (const handler of validationHandlers.filter(({ on }) => on === event.type)) {
      await this.house.store.transact((unit) => handler.handle(event, unit));
    }
  }

  /** Does the jobs that wait, as `house`; throws what a job threw, and gives its lease back. */
  async work(house: House = this.house): Promise<void> {
    for (;;) {
      const job = await claim(this.database.platform, [RECONCILE_JOB, RELATE_JOB, STANDING_JOB, GROUP_JOB]);
      if (job === undefined) return;
      const lease = { job: `${job.id}`, token: job.token, signal: new AbortController().signal };
      const handler = [reconcileJob(house), relateJob(house), standingJob(house), groupJob(house)].find(
        ({ kind }) => kind === job.kind,
      );
      try {
        await handler?.run(job.payload, lease);
      } catch (error) {
        await finish(this.database.platform, job, { kind: 'released' });
        throw error;
      }
      await finish(this.database.platform, job, { kind: 'done' });
    }
  }

  datasetId(name: string): string {
    return derivedId('ds', this.migrationId, name);
  }

  batchId(name: string): string {
    return derivedId('bat', this.datasetId(name), '1');
  }

  itemId(dataset: string, path: string): string {
    return derivedId('item', this.datasetId(dataset), path);
  }

  /** Every exception of the migration, by id. */
  exceptions(): Promise<ExceptionRow[]> {
    const { migrationId } = this;
    return this.house.store.read((em) => em.find(ExceptionRow, { migrationId }, { orderBy: { id: 'asc' } }));
  }

  /** Every exception as `category dataset source [field]`, sorted. */
  async found(datasets: readonly DatasetGiven[]): Promise<readonly string[]> {
    const names = new Map(datasets.map(({ name }) => [this.datasetId(name), name]));
    return (await this.exceptions())
      .map(({ category, datasetId, sourceId, field }) =>
        [category, names.get(datasetId ?? ''), sourceId ?? '-', ...(field ? [field] : [])].join(' '),
      )
      .toSorted();
  }

  /** Items that are neither verified nor excluded, as `dataset path`, sorted. Every item must have a disposition. */
  async unverified(datasets: readonly DatasetGiven[]): Promise<readonly string[]> {
    const left: string[] = [];
    for (const { name, files } of datasets) {
      const batchId = this.batchId(name);
      const rows = await this.house.store.read((em) => em.find(ItemDisposition, { batchId }));
      if (rows.length !== Object.keys(files).length) throw new Error(`${rows.length} dispositions in ${name}`);
      const doubtful = rows.filter(({ disposition }) => disposition === 'quarantined' || disposition === 'failed');
      left.push(...doubtful.map(({ path }) => `${name} ${path}`));
    }
    return left.toSorted();
  }

  async lines<T>(digest: string | null | undefined): Promise<readonly T[]> {
    if (digest == null) throw new Error('not sealed yet');
    const lines: T[] = [];
    for await (const line of readLines<T>(this.house.strongroom, digest)) lines.push(line);
    return lines;
  }

  async events(type: EventType): Promise<readonly Json[]> {
    const { dialect, reader } = this.database.platform;
    const table = dialect === 'postgresql' ? sql.id('runtime', 'event') : sql.id('runtime_event');
    const query = sql<{ payload: string }>`select payload from ${table} where type = ${type} order by seq`;
    return (await query.execute(reader)).rows.map(({ payload }) => JSON.parse(payload) as Json);
  }

  async audit(): Promise<readonly AuditEntry[]> {
    const { dialect, reader } = this.database.platform;
    const table = dialect === 'postgresql' ? sql.id('runtime', 'audit_row') : sql.id('runtime_audit_row');
    const { rows } = await sql<{ entry: string }>`select entry from ${table} order by seq`.execute(reader);
    return rows.map(({ entry }) => JSON.parse(entry) as AuditEntry);
  }
}
