/** PostgreSQL: one pool for every subgraph of the process, a schema for each, and one connection that listens. */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import { SqlMikroORM } from '@mikro-orm/sql';
import { type RawBuilder, sql } from 'kysely';
import { brokenPromise } from '../kernel/fault.ts';
import type { Engine, StoreOrm } from './engine.ts';
import { storeNaming } from './naming.ts';
import type { Sql } from './platform.ts';
import type { StoreDefinition } from './store.ts';
import { type LocalWakeups, openWakeups, WAKEUP_TOPICS, type WakeupTopic } from './wakeups.ts';

/** The part of pg's pool and client that is used here. */
export interface Pool {
  connect(): Promise<Client>;
  query(text: string, values?: readonly unknown[]): Promise<unknown>;
  readonly ending: boolean;
  end(): Promise<void>;
}

interface Client {
  query(text: string, values?: readonly unknown[]): Promise<unknown>;
  on(event: 'notification', listener: (message: { channel: string; payload?: string }) => void): void;
  on(event: 'error' | 'end', listener: () => void): void;
  release(destroy?: 'destroy'): void;
}

const CONNECTIONS_MAX = 10;
/** The rest are for reads, for the listener and for migrating. */
const TRANSACTIONS_MAX = 6;
const CONNECT_WAIT_MS = 10_000;
const CLOSE_WAIT_MS = 5_000;
const TRANSACTION_IDLE_MAX_MS = 60_000;
/** One NOTIFY for all commits of this long: one in every commit halved the throughput. */
const NOTIFY_INTERVAL_MS = 20;
const LISTEN_RETRY_MS = 500;
const CHANNEL = 'waybill';
/** Names our advisory locks among those of other programs: "wb" and "wm". */
const HOLDER_LOCK = 0x7762;
const MIGRATION_LOCK = 0x776d;
const HOLDER_MAX = 2 ** 31 - 1;
const MIGRATION_WAIT_MS = 120_000;

export async function openPostgres(url: string): Promise<Engine> {
  const opened = await openPool(url);
  const { pool, connection } = opened;
  const holder = randomInt(1, HOLDER_MAX);
  const notifier = openNotifier(pool);
  const wakeups = openWakeups(notifier.notify);
  const listener = await listen(pool, holder, wakeups).catch(async (error) => {
    await opened.close();
    throw error;
  });
  return {
    platform: { dialect: 'postgresql', writer: connection, reader: connection, wakeups, holder: `${holder}`, isGone },
    transactionsMax: TRANSACTIONS_MAX,
    ormFor: (store, access) => postgresOrm(store, connection, databaseOf(url), access),
    whileMigrating: (work) => whileMigrating(pool, work),
    async close() {
      await notifier.close();
      listener.close();
      await opened.close();
    },
  };
}

/** An ORM over `connection`, which stays the caller's, to the database called `database`. */
export async function postgresOrm(
  store: StoreDefinition,
  connection: Sql,
  database: string,
  access: 'read' | 'write' = 'write',
): Promise<StoreOrm> {
  const orm: unknown = await SqlMikroORM.init({
    driver: PostgreSqlDriver,
    dbName: database,
    ensureDatabase: false,
    driverOptions: connection,
    schema: store.subgraph,
    contextName: `${store.subgraph} ${access}`,
    ...(access === 'read' ? { onQuery: refuseToWrite } : {}),
    entities: [...store.entities],
    namingStrategy: storeNaming(''),
    discovery: {
      warnWhenNoEntities: false,
      // A varchar(255) would refuse on PostgreSQL what SQLite takes: text has one meaning on both.
      getMappedType: (type, platform) => platform.getDefaultMappedType(type === 'string' ? 'text' : type),
    },
  });
  return orm as StoreOrm;
}

function refuseToWrite(query: string): string {
  if (/^\s*(select|with|explain|show)\b/i.test(query)) return query;
  throw brokenPromise('a read tried to write; writing wants a transaction');
}

export interface OpenPool {
  readonly pool: Pool;
  readonly connection: Sql;
  close(): Promise<void>;
}

/** A pool on its own. */
export async function openPool(url: string): Promise<OpenPool> {
  let pool: Pool | undefined;
  const root = await SqlMikroORM.init({
    driver: PostgreSqlDriver,
    clientUrl: url,
    ensureDatabase: false,
    pool: { min: 0, max: CONNECTIONS_MAX },
    driverOptions: {
      connectionTimeoutMillis: CONNECT_WAIT_MS,
      idle_in_transaction_session_timeout: TRANSACTION_IDLE_MAX_MS,
      application_name: 'waybill',
      onPoolCreated: (created: Pool) => {
        pool = created;
      },
    },
    entities: [],
    discovery: { warnWhenNoEntities: false },
  });
  // The pool is made with the client, which is made when it is first asked for.
  const connection = (root.driver.getConnection() as unknown as { getClient(): Sql }).getClient();
  const made = pool;
  if (made === undefined) throw new Error('the driver made no pool');
  return {
    pool: made,
    connection,
    async close() {
      // A pool whose server goes away while it ends waits for connections that are gone already.
      const late = new AbortController();
      await Promise.race([end(root, made), sleep(CLOSE_WAIT_MS, undefined, { signal: late.signal })]);
      late.abort();
    },
  };
}

async function end(root: { close(force: boolean): Promise<void> }, pool: Pool): Promise<void> {
  await root.close(true);
  // The ORM leaves a pool alone that only others have used.
  if (!pool.ending) await pool.end();
}

/** Whoever is alive holds an advisory lock on his own number; it goes with the connection, however that ends. */
function isGone(holder: RawBuilder<unknown>): RawBuilder<boolean> {
  return sql<boolean>`not exists (select 1 from pg_locks where locktype = 'advisory' and granted
    and database = (select oid from pg_database where datname = current_database())
    and classid = ${sql.lit(HOLDER_LOCK)} and objid = (${holder})::bigint::oid)`;
}

function openNotifier(pool: Pool): { notify(topic: WakeupTopic): void; close(): Promise<void> } {
  const due = new Set<WakeupTopic>();
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<unknown> = Promise.resolve();
  const send = (): void => {
    timer = undefined;
    const topics = [...due];
    due.clear();
    // A lost hint costs a polling interval, nothing else.
    sending = pool
      .query(`select pg_notify('${CHANNEL}', topic) from unnest($1::text[]) topic`, [topics])
      .catch(() => {});
  };
  return {
    notify(topic) {
      due.add(topic);
      timer ??= setTimeout(send, NOTIFY_INTERVAL_MS);
    },
    async close() {
      clearTimeout(timer);
      if (due.size > 0) send();
      await sending;
    },
  };
}

/** Listens on a connection of its own, which also holds the lock that says that this process lives. */
async function listen(pool: Pool, holder: number, wakeups: LocalWakeups): Promise<{ close(): void }> {
  let client: Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const again = (): void => {
    const lost = client;
    client = undefined;
    lost?.release('destroy');
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => void start().catch(again), LISTEN_RETRY_MS);
  };
  const start = async (): Promise<void> => {
    const fresh = await pool.connect();
    client = fresh;
    fresh.on('error', () => client === fresh && again());
    fresh.on('notification', ({ payload }) => {
      const topic = WAKEUP_TOPICS.find((known) => known === payload);
      if (topic !== undefined) wakeups.wakeHere(topic);
    });
    await fresh.query('select pg_advisory_lock($1, $2)', [HOLDER_LOCK, holder]);
    await fresh.query(`listen ${CHANNEL}`);
    for (const topic of WAKEUP_TOPICS) wakeups.wakeHere(topic);
    if (closed) again();
  };
  await start();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      client?.release('destroy');
      client = undefined;
    },
  };
}

export function databaseOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1));
}

async function whileMigrating<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    // Three migrators at once failed in eight rounds of eight; one after the other they never did.
    await client.query(`set statement_timeout = ${MIGRATION_WAIT_MS}`);
    await client.query('select pg_advisory_lock($1, 0)', [MIGRATION_LOCK]);
    return await work();
  } finally {
    client.release('destroy');
  }
}
