/** Where each handler stands: its cursor and its inbox rows, moved in the transaction of its effects. */
import { type RawBuilder, sql } from 'kysely';
import type { SubgraphName } from '../kernel/event.ts';
import { isFault } from '../kernel/fault.ts';
import type { Database } from './database.ts';
import { parsePosition, type PlacedEvent, type Position, START } from './outbox.ts';
import { type Dialect, type Platform, platformTable, type Sql } from './platform.ts';
import type { EventHandler } from './store.ts';

/** A handler that gave up on an event. */
export interface StoppedHandler {
  readonly handler: string;
  readonly event: string;
  readonly failures: number;
  readonly code: string;
}

/** Runs the handler for the event unless it already ran: its effects, its inbox row and its cursor commit together. */
export async function deliver(
  database: Database,
  subgraph: SubgraphName,
  key: string,
  handler: EventHandler,
  placed: PlacedEvent,
): Promise<void> {
  const { dialect } = database;
  await database.store(subgraph).transact(async (unit) => {
    const transaction = unit.em.getKysely() as unknown as Sql;
    // Another process that has the same event in hand makes this wait; then the row is there and nothing is done.
    const fresh = await sql`insert into ${platformTable(dialect, 'inbox')} (handler, event_id)
      values (${key}, ${placed.event.id}) on conflict do nothing returning 1 as fresh`.execute(transaction);
    if (fresh.rows.length > 0) await handler.handle(placed.event, unit);
    await moveCursor(dialect, transaction, key, placed.position);
  });
}

export async function readCursors(platform: Platform): Promise<ReadonlyMap<string, Position>> {
  const { dialect, reader } = platform;
  const place = dialect === 'postgresql' ? sql`tx::text as tx, seq::text as seq` : sql`tx, seq`;
  const found = await sql<{ handler: string; tx: string | number; seq: string | number }>`
    select handler, ${place} from ${platformTable(dialect, 'cursor')}`.execute(reader);
  return new Map(found.rows.map(({ handler, tx, seq }) => [handler, `${tx}:${seq}`]));
}

/** Makes a failure visible to whoever looks at the house from outside. */
export async function recordFailure(
  platform: Platform,
  key: string,
  placed: PlacedEvent,
  failures: number,
  state: 'open' | 'stopped',
  error: unknown,
): Promise<void> {
  const code = isFault(error) ? error.code : 'UNEXPECTED';
  await sql`insert into ${platformTable(platform.dialect, 'cursor')}
      as cursor (handler, tx, seq, stopped, failures, event_id, code)
    values (${key}, ${place(platform.dialect, START)}, ${state === 'stopped' ? 1 : 0}, ${failures},
      ${placed.event.id}, ${code})
    on conflict (handler) do update set stopped = excluded.stopped, failures = excluded.failures,
      event_id = excluded.event_id, code = excluded.code`.execute(platform.writer);
}

export async function stoppedHandlers(platform: Platform): Promise<readonly StoppedHandler[]> {
  const found = await sql<StoppedHandler>`select handler, event_id as event, failures, code
    from ${platformTable(platform.dialect, 'cursor')} where stopped = 1 order by handler`.execute(platform.reader);
  return found.rows.map((row) => ({ ...row, failures: Number(row.failures) }));
}

async function moveCursor(dialect: Dialect, transaction: Sql, key: string, position: Position): Promise<void> {
  await sql`insert into ${platformTable(dialect, 'cursor')} as cursor (handler, tx, seq)
    values (${key}, ${place(dialect, position)})
    on conflict (handler) do update set tx = excluded.tx, seq = excluded.seq, stopped = 0, failures = 0,
      event_id = null, code = null
    where (excluded.tx, excluded.seq) > (cursor.tx, cursor.seq)`.execute(transaction);
}

function place(dialect: Dialect, position: Position): RawBuilder<unknown> {
  const { tx, seq } = parsePosition(position);
  return dialect === 'postgresql'
    ? sql`${tx.toString()}::xid8, ${seq.toString()}::bigint`
    : sql`${Number(tx)}, ${Number(seq)}`;
}
