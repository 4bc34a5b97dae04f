/** A cutover subgraph at work on a real store, told by made-up events what the other subgraphs would say. */
import { randomBytes } from 'node:crypto';
import { graphql, parse, subscribe } from 'graphql';
import type { Actor, Role } from '../../kernel/actor.ts';
import { NOBODY_SIGNS } from '../../kernel/acceptance.ts';
import type { Json } from '../../kernel/canonical-json.ts';
import { systemClock } from '../../kernel/clock.ts';
import type { AuditEntry, EventType, WaybillEvent } from '../../kernel/event.ts';
import { derivedId } from '../../kernel/id.ts';
import { loadConfig } from '../../runtime/config.ts';
import type { Database } from '../../runtime/database.ts';
import { openKeys } from '../../runtime/keys.ts';
import { silentLog } from '../../runtime/log.ts';
import { Bandwidth } from '../../runtime/bandwidth.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { auditRows, eventsAfter, START } from '../../runtime/outbox.ts';
import { openStrongroom, sealJson, type Strongroom } from '../../runtime/strongroom.ts';
import { type OpenSubgraph, type RunningSubgraphs, runSubgraphs } from '../../runtime/subgraph.ts';
import { cutover } from '../../subgraphs/cutover/main.ts';
import type { Place } from '../support/databases.ts';

export const person = (id: string, ...roles: Role[]): Actor => ({ type: 'user', id, roles });
export const OLGA: Actor = person('olga', 'operator');
export const ANNA: Actor = person('anna', 'approver');

export const migrationId: string = derivedId('mig', 'st-anne');
export const datasetId: string = derivedId('ds', migrationId, 'labs');
export const batchId: string = derivedId('bat', datasetId, '1');
const of = { migrationId, datasetId, batchId };
const ROWS_MAX = 1000;
const TIERS = ['active-clinical', 'financially-sensitive', 'historical-searchable', 'compliance-archive'];
const POLICY = {
  approval: { decision: 'required' },
  tolerances: Object.fromEntries(TIERS.map((tier) => [tier, { defectRateMax: 0 }])),
  gates: { openExceptionsMax: { P1: 0, P2: 0, P3: null, P4: null } },
  acceptance: { roles: { ...NOBODY_SIGNS, nursing: { signOff: 'required', signers: [], datasets: [] } } },
} as unknown as Json;

export const RECORDS = {
  source: 2,
  target: 2,
  matched: 2,
  differs: 0,
  missingOnTarget: 0,
  missingOnSource: 0,
  unreadable: 0,
  duplicates: 0,
  superseded: 0,
};
export const DISPOSITIONS = { eligible: 2, verified: 2, excluded: 0, quarantined: 0, failed: 0 };

export class House {
  #told = 0;

  private constructor(
    readonly database: Database,
    readonly strongroom: Strongroom,
    readonly subgraph: OpenSubgraph,
    readonly running: RunningSubgraphs,
  ) {}

  static async open(place: Place): Promise<House> {
    const database = await place.open([cutover.store]);
    const strongroom = await openStrongroom(place.directory);
    const { directory } = place;
    const config = loadConfig({ directory, connectors: [], environment: {} });
    const metrics = openMetrics();
    const subgraph = await cutover.open({
      database,
      strongroom,
      clock: systemClock,
      random: (bytes) => randomBytes(bytes),
      log: silentLog,
      config,
      metrics,
      bandwidth: new Bandwidth({ clock: systemClock }),
      keys: openKeys(directory),
    });
    const running = runSubgraphs([subgraph], { database, log: silentLog, metrics });
    return new House(database, strongroom, subgraph, running);
  }

  /** Tells the subgraph a fact and waits until it has taken it in. */
  async tell(type: EventType, payload: Json): Promise<void> {
    const id = `told-${this.#told++}`;
    const occurredAt = '2026-03-01T00:00:00.000Z';
    await this.database.store('cutover').transact(async (unit) => {
      unit.emit({ id, type, subject: migrationId, actor: 'somebody', occurredAt, payload });
    });
    await this.running.settled();
  }

  async declare(): Promise<void> {
    const policy = await sealJson(this.strongroom, POLICY);
    const datasets = [{ datasetId, name: 'labs', tier: 'active-clinical', format: 'bytes', lineage: null }];
    await this.tell('inventory.migration-declared.v1', {
      migrationId,
      name: 'st-anne',
      plan: policy,
      policy,
      datasets,
    });
  }

  /** Everything that has to be said before every gate is passed. */
  async complete(): Promise<void> {
    await this.declare();
    await this.tell('inventory.dataset-surveyed.v1', { migrationId, datasetId, survey: '', items: 2, bytes: 2 });
    await this.tell('inventory.migration-surveyed.v1', { migrationId, datasets: 1, items: 2, bytes: 2 });
    await this.tell('transfer.batch-planned.v1', { ...of, items: 2, excluded: 0 });
    await this.tell('transfer.batch-moved.v1', { ...of, manifest: '', record: '', moved: 2, setAside: 0, bytes: 2 });
    await this.reconcile({});
    await this.tell('validation.migration-reconciled.v1', {
      ...{ migrationId, report: 'r' },
      datasets: [{ datasetId, dispositions: DISPOSITIONS }],
    });
    const nursing = { migrationId, role: 'nursing', decision: 'accepted', report: 'r' };
    await this.tell('validation.acceptance-signed.v1', nursing);
    await this.tell('audit.evidence-sealed.v1', { migrationId, pack: 'st-anne', checkpoint: 'c', bagDigest: 'd' });
  }

  async reconcile(records: Partial<typeof RECORDS>): Promise<void> {
    const payload = { ...of, dispositions: DISPOSITIONS, records: { ...RECORDS, ...records }, exceptionsOpen: 0 };
    await this.tell('validation.batch-reconciled.v1', payload);
  }

  /** What the one field of `query` answers; throws when it fails. `actor` null is nobody in particular. */
  async ask(
    source: string,
    variableValues: Readonly<Record<string, unknown>> = {},
    actor: Actor | null = OLGA,
  ): Promise<unknown> {
    const contextValue = { actor: actor ?? undefined };
    const result = await graphql({ schema: this.subgraph.schema, source, variableValues, contextValue });
    if (result.errors !== undefined) throw result.errors[0] ?? new Error('no error');
    return JSON.parse(JSON.stringify(Object.values(result.data ?? {})[0] ?? null)) as unknown;
  }

  /** Live answers; each is as far as it is known when it is asked for. */
  async watch(query: string): Promise<AsyncIterator<unknown>> {
    const document = parse(query);
    const answers = await subscribe({ schema: this.subgraph.schema, document, contextValue: { actor: OLGA } });
    if (!(Symbol.asyncIterator in answers)) throw answers.errors?.[0] ?? new Error('no subscription');
    return answers[Symbol.asyncIterator]();
  }

  async events(): Promise<readonly WaybillEvent[]> {
    const wanted = new Map<EventType, string>([['cutover.gate-changed.v1', START]]);
    return (await eventsAfter(this.database.platform, wanted, ROWS_MAX)).map(({ event }) => event);
  }

  async audit(): Promise<readonly AuditEntry[]> {
    const rows = await auditRows(this.database, START, ROWS_MAX);
    return rows.map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString()) as AuditEntry);
  }

  async close(): Promise<void> {
    await this.running.close();
  }
}
