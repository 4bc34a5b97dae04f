/** The outbox: events and audit rows in the order they were committed, none missed and none twice. */
import { type RawBuilder, sql } from 'kysely';
import type { Json } from '../kernel/canonical-json.ts';
import type { AuditEntry, EventType, SubgraphName, WaybillEvent } from '../kernel/event.ts';
import { brokenPromise } from '../kernel/fault.ts';
import type { Id } from '../kernel/id.ts';
import type { Database } from './database.ts';
import { type Dialect, type Platform, platformTable } from './platform.ts';

export type { EventHandler } from './store.ts';

/** A place in the order of commits; opaque, survives restarts. */
export type Position = string;

export const START: Position = '0:0';

export interface AuditRow {
  readonly position: Position;
  readonly id: Id;
  readonly subgraph: SubgraphName;
  readonly plane: AuditEntry['plane'];
  /** The entry in canonical JSON, exactly as it was committed. */
  readonly bytes: Uint8Array;
}

export interface PlacedEvent {
  readonly position: Position;
  readonly event: WaybillEvent;
}

/** Up to `limit` audit rows committed after `after`, in order; never one whose elders may still appear. */
export async function auditRows(database: Database, after: Position, limit: number): Promise<readonly AuditRow[]> {
  const { dialect, reader } = database.platform;
  const found = await sql<Placed & { id: string; subgraph: SubgraphName; plane: AuditEntry['plane']; entry: string }>`
    select ${place(dialect)}, id, subgraph, plane, entry from ${platformTable(dialect, 'audit_row')}
    where ${isAfter(dialect, after)} and ${isFinal(dialect)} order by tx, seq limit ${limit}`.execute(reader);
  return found.rows.map(({ tx, seq, id, subgraph, plane, entry }) => {
    return { position: `${tx}:${seq}`, id, subgraph, plane, bytes: Buffer.from(entry) };
  });
}

/** Up to `limit` events, each later than the position wanted for its type, in order. */
export async function eventsAfter(
  platform: Platform,
  wanted: ReadonlyMap<EventType, Position>,
  limit: number,
): Promise<readonly PlacedEvent[]> {
  const { dialect, reader } = platform;
  if (wanted.size === 0) return [];
  const either = [...wanted].map(([type, after]) => sql`(type = ${type} and ${isAfter(dialect, after)})`);
  const found = await sql<Placed & EventColumns>`
    select ${place(dialect)}, id, type, subject, actor, occurred_at, payload from ${platformTable(dialect, 'event')}
    where (${sql.join(either, sql` or `)}) and ${isFinal(dialect)} order by tx, seq limit ${limit}`.execute(reader);
  return found.rows.map(placedEvent);
}

/** Whether there are events that may not be read yet because an older transaction still runs. */
export async function hasUnsettledEvents(platform: Platform): Promise<boolean> {
  if (platform.dialect === 'sqlite') return false;
  const found = await sql`select 1 from ${platformTable(platform.dialect, 'event')}
    where tx >= ${OLDEST_RUNNING} limit 1`.execute(platform.reader);
  return found.rows.length > 0;
}

/** How many events were ever written; grows with each. */
export async function lastEvent(platform: Platform): Promise<number> {
  const found = await sql<{ last: number | string | null }>`
    select max(seq) as last from ${platformTable(platform.dialect, 'event')}`.execute(platform.reader);
  return Number(found.rows[0]?.last ?? 0);
}

/** Whether `left` is later than `right` in the order of commits. */
export function isLater(left: Position, right: Position): boolean {
  const [one, other] = [parsePosition(left), parsePosition(right)];
  return one.tx === other.tx ? one.seq > other.seq : one.tx > other.tx;
}

export function parsePosition(position: Position): { readonly tx: bigint; readonly seq: bigint } {
  const [, tx, seq] = /^(\d{1,20}):(\d{1,19})$/.exec(position) ?? [];
  if (tx === undefined || seq === undefined) throw brokenPromise('a position in the order of commits is damaged');
  return { tx: BigInt(tx), seq: BigInt(seq) };
}

interface Placed {
  readonly tx: string | number;
  readonly seq: string | number;
}

interface EventColumns {
  readonly id: string;
  readonly type: EventType;
  readonly subject: string;
  readonly actor: string;
  readonly occurred_at: string;
  readonly payload: string;
}

function placedEvent(row: Placed & EventColumns): PlacedEvent {
  const { id, type, subject, actor, occurred_at: occurredAt, payload } = row;
  return {
    position: `${row.tx}:${row.seq}`,
    event: { id, type, subject, actor, occurredAt, payload: JSON.parse(payload) as Json },
  };
}

// ORDER BY prefers the name of a result to that of a column, so a cast to text here would sort 10 before 9.
function place(_dialect: Dialect): RawBuilder<unknown> {
  return sql`tx, seq`;
}

function isAfter(dialect: Dialect, position: Position): RawBuilder<boolean> {
  const { tx, seq } = parsePosition(position);
  return dialect === 'postgresql'
    ? sql<boolean>`(tx, seq) > (${tx.toString()}::xid8, ${seq.toString()}::bigint)`
    : sql<boolean>`(tx, seq) > (${Number(tx)}, ${Number(seq)})`;
}

/** Nothing that commits later can come before such a row: every transaction that is older than it has ended. */
function isFinal(dialect: Dialect): RawBuilder<boolean> {
  return dialect === 'postgresql' ? sql<boolean>`tx < ${OLDEST_RUNNING}` : sql<boolean>`true`;
}

// The oldest transaction that this statement's snapshot sees running, or the next one to begin. Transaction numbers are
// shared by all databases of the server; those known to run in another database write nothing here and are left out.
const OLDEST_RUNNING: RawBuilder<unknown> = sql`coalesce((select running from
  pg_snapshot_xip(pg_current_snapshot()) as running where not exists (select 1 from pg_stat_activity as elsewhere
    where elsewhere.backend_xid = running::xid and elsewhere.datname <> current_database())
  order by running limit 1), pg_snapshot_xmax(pg_current_snapshot()))`;
