/** A transfer subgraph on a real store, strongroom and host, with the memory connector at both ends. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { sql } from 'kysely';
import { canonicalJson, type Json } from '../../kernel/canonical-json.ts';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { AuditEntry, EventType, WaybillEvent } from '../../kernel/event.ts';
import { derivedId } from '../../kernel/id.ts';
import { openConnectorHost } from '../../plugins/host/index.ts';
import { memoryPlace, type MemoryPlace } from '../../plugins/memory/index.ts';
import { Bandwidth } from '../../runtime/bandwidth.ts';
import type { Database, Lease } from '../../runtime/database.ts';
import { openKeys } from '../../runtime/keys.ts';
import { claim, finish } from '../../runtime/lease.ts';
import { openLog } from '../../runtime/log.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import type { EventHandler, JobHandler } from '../../runtime/store.ts';
import { openStrongroom, readLines, sealJson, sealLines } from '../../runtime/strongroom.ts';
import type { RecordLine } from '../../subgraphs/transfer/domain/record.ts';
import type { ManifestRow, SurveyedItem } from '../../subgraphs/transfer/domain/manifest.ts';
import { findBatch } from '../../subgraphs/transfer/store/batches.ts';
import { transferStore } from '../../subgraphs/transfer/store/store.ts';
import type { Batch } from '../../subgraphs/transfer/store/tables.ts';
import type { TransferContext } from '../../subgraphs/transfer/work/context.ts';
import { keepMigration, keepReadiness, keepReconciliation } from '../../subgraphs/transfer/work/keep-copies.ts';
import { launchBatches } from '../../subgraphs/transfer/work/launch.ts';
import { LiveBatches } from '../../subgraphs/transfer/work/live.ts';
import { moveJob } from '../../subgraphs/transfer/work/move.ts';
import { packJob } from '../../subgraphs/transfer/work/pack.ts';
import { planBatches } from '../../subgraphs/transfer/work/plan-batches.ts';
import type { Place } from '../support/databases.ts';
import { watchedContext } from './watched.ts';

export const OLGA: Actor = { type: 'user', id: 'olga', roles: ['operator'] };
export const ANNA: Actor = { type: 'user', id: 'anna', roles: ['approver'] };

export interface RigOptions {
  readonly policy?: Json | undefined;
  readonly clock?: Clock | undefined;
  /** Of the migration; several of them may share one database. */
  readonly name?: string | undefined;
  readonly database?: Database | undefined;
}

export type Files = Readonly<Record<string, string>>;

export interface DatasetGiven {
  readonly name: string;
  readonly files: Files;
  readonly excluded?: readonly string[] | undefined;
  readonly lineage?: string | undefined;
  readonly format?: string | undefined;
  readonly tier?: string | undefined;
  readonly dependsOn?: readonly string[] | undefined;
}

export const PROMPT: Json = { transfer: { concurrency: 4, retryLimit: 2, retryDelayMs: 0 } };
const UNASKED: Json = { approval: { launch: 'not-required' }, ...(PROMPT as object) };

export class Rig {
  readonly source: MemoryPlace;
  readonly target: MemoryPlace;
  readonly migrationId: string;
  readonly #names: { readonly source: string; readonly target: string };
  readonly #policy: Json;

  private constructor(
    readonly place: Place,
    readonly database: Database,
    readonly context: TransferContext,
    /** The lines of the log. */
    readonly said: readonly string[],
    options: RigOptions,
  ) {
    const name = randomBytes(6).toString('hex');
    this.#names = { source: `source-${name}`, target: `target-${name}` };
    this.source = memoryPlace(this.#names.source);
    this.target = memoryPlace(this.#names.target);
    this.#policy = options.policy ?? UNASKED;
    this.migrationId = derivedId('mig', options.name ?? 'st-anne');
  }

  static async open(place: Place, options: RigOptions = {}): Promise<Rig> {
    const database = options.database ?? (await place.open([transferStore]));
    const clock = options.clock ?? systemClock;
    const said: string[] = [];
    const limits = { retriesMax: 1, backoffFirstMs: 1, backoffMostMs: 1, lookUpsMax: 0 };
    const bandwidth = new Bandwidth({ clock });
    const host = await openConnectorHost({
      packages: ['@waybill/connector-memory'],
      spoolDirectory: join(place.directory, 'spool'),
      environment: () => undefined,
      log: () => {},
      clock,
      limits,
      bandwidth,
    });
    const context: TransferContext = {
      store: database.store('transfer'),
      strongroom: await openStrongroom(place.directory),
      host,
      clock,
      random: (bytes) => randomBytes(bytes),
      log: openLog(clock, (line) => said.push(line)),
      metrics: openMetrics(),
      keys: openKeys(place.directory),
      scratch: join(place.directory, 'scratch'),
      live: new LiveBatches(clock),
      bandwidth,
    };
    return new Rig(place, database, context, said, options);
  }

  /** Declares, surveys and makes ready; puts the files at the source. */
  async declare(...datasets: readonly DatasetGiven[]): Promise<void> {
    await this.declareOnly(...datasets);
    for (const dataset of datasets) await this.survey(dataset);
    await this.ready();
  }

  /** Only seals the documents and tells of them. */
  async declareOnly(...datasets: readonly DatasetGiven[]): Promise<void> {
    const room = this.context.strongroom;
    const end = (place: string): Json => ({ connector: 'memory', config: { place }, secrets: {} });
    const plan = await sealJson(room, {
      migration: 'st-anne',
      source: end(this.#names.source),
      target: end(this.#names.target),
      datasets: datasets.map(({ name, dependsOn }) => ({ name, ...(dependsOn && { dependsOn }) })),
    });
    const policy = await sealJson(room, this.#policy);
    const rows = await Promise.all(
      datasets.map(async ({ name, tier, format, lineage }) => ({
        datasetId: this.datasetId(name),
        name,
        tier: tier ?? 'historical-searchable',
        format: format ?? 'bytes',
        lineage: lineage === undefined ? null : (await room.put([Buffer.from(lineage)])).digest,
      })),
    );
    const { migrationId } = this;
    await this.hear(keepMigration(this.context), { migrationId, name: 'st-anne', plan, policy, datasets: rows });
  }

  async survey({ name, files, excluded = [] }: DatasetGiven): Promise<void> {
    const datasetId = this.datasetId(name);
    const items = Object.entries(files)
      .toSorted(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)))
      .map(([path, text]): Json => {
        this.source.put(path, text);
        const item = { itemId: derivedId('item', datasetId, path), path, sizeBytes: Buffer.byteLength(text) };
        return excluded.includes(path) ? { ...item, excluded: 'legal hold' } : item;
      });
    const { digest, lines } = await sealLines(this.context.strongroom, items);
    const told = { migrationId: this.migrationId, datasetId, survey: digest, items: lines, bytes: 0 };
    await this.hear(planBatches(this.context), told);
  }

  async ready(ready = true, blocking: Json = [], expiresAt: string | null = null): Promise<void> {
    await this.hear(keepReadiness, { migrationId: this.migrationId, ready, blocking, expiresAt });
  }

  async reconciled(payload: Json): Promise<void> {
    await this.hear(keepReconciliation(this.context), payload);
  }

  async hear(handler: EventHandler, payload: Json): Promise<void> {
    const event: WaybillEvent = {
      id: derivedId('evt', handler.on, canonicalJson(payload)),
      type: handler.on,
      subject: this.migrationId,
      actor: 'service:inventory',
      occurredAt: this.context.clock.now().toISOString(),
      payload,
    };
    await this.context.store.transact((unit) => handler.handle(event, unit));
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

  async batch(name: string): Promise<Batch> {
    const row = await this.context.store.read((em) => findBatch(em, this.batchId(name)));
    if (row === null) throw new Error(`no batch ${name}`);
    return row;
  }

  async launch(): Promise<void> {
    const acted = await launchBatches(this.context, { migrationId: this.migrationId, idempotencyKey: 'one' }, OLGA);
    if (acted.refusals.length > 0) throw new Error(JSON.stringify(acted.refusals));
  }

  /** Takes the next job that waits, does it, and says what it threw. */
  async workOnce(context: TransferContext = this.context): Promise<{ readonly thrown?: unknown } | undefined> {
    const held = await this.take();
    if (held === undefined) return undefined;
    const thrown = await held.run(context);
    await this.finish(held, thrown);
    return thrown === undefined ? {} : { thrown };
  }

  /** Gives the lease back. */
  async finish(held: Awaited<ReturnType<Rig['take']>>, thrown?: unknown): Promise<void> {
    if (held === undefined) return;
    await finish(this.database.platform, held.job, thrown === undefined ? { kind: 'done' } : { kind: 'released' });
  }

  /** Takes the lease on the next job without doing it. */
  async take() {
    const job = await claim(this.database.platform, ['transfer.pack', 'transfer.move']);
    if (job === undefined) return undefined;
    const stop = new AbortController();
    const lease: Lease = { job: `${job.id}`, token: job.token, signal: stop.signal };
    const handlers = (context: TransferContext): readonly JobHandler[] => [packJob(context), moveJob(context)];
    const run = async (context: TransferContext = this.context): Promise<unknown> => {
      try {
        await handlers(context)
          .find(({ kind }) => kind === job.kind)
          ?.run(job.payload, lease);
        return undefined;
      } catch (error) {
        return error;
      }
    };
    return { job, lease, stop, run };
  }

  /** Works until nothing waits; throws what a job threw. */
  async work(): Promise<void> {
    for (let done = await this.workOnce(); done !== undefined; done = await this.workOnce()) {
      if ('thrown' in done) throw done.thrown;
    }
  }

  async manifest(name: string): Promise<readonly ManifestRow[]> {
    return this.lines<ManifestRow>((await this.batch(name)).manifest);
  }

  async record(name: string): Promise<readonly RecordLine[]> {
    return this.lines<RecordLine>((await this.batch(name)).record);
  }

  async surveyed(name: string): Promise<readonly SurveyedItem[]> {
    return this.lines<SurveyedItem>((await this.batch(name)).survey);
  }

  async lines<T>(digest: string | null | undefined): Promise<readonly T[]> {
    if (digest == null) throw new Error('not sealed yet');
    const lines: T[] = [];
    for await (const line of readLines<T>(this.context.strongroom, digest)) lines.push(line);
    return lines;
  }

  async audit(): Promise<readonly AuditEntry[]> {
    const { dialect, reader } = this.database.platform;
    const table = dialect === 'postgresql' ? sql.id('runtime', 'audit_row') : sql.id('runtime_audit_row');
    const { rows } = await sql<{ entry: string }>`select entry from ${table} order by seq`.execute(reader);
    return rows.map(({ entry }) => JSON.parse(entry) as AuditEntry);
  }

  async events(type: EventType): Promise<readonly Json[]> {
    const { dialect, reader } = this.database.platform;
    const table = dialect === 'postgresql' ? sql.id('runtime', 'event') : sql.id('runtime_event');
    const { rows } = await sql<{ payload: string }>`select payload from ${table} where type = ${type}
      order by seq`.execute(reader);
    return rows.map(({ payload }) => JSON.parse(payload) as Json);
  }

  /** A context whose store and connectors say through `at` what they are about to do; `at` may throw. */
  watched(at: (call: string) => void): TransferContext {
    return watchedContext(this.context, at);
  }
}
