/** SQLite through node:sqlite: one writing and one reading connection on a directory that this process alone has. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { SqlMikroORM } from '@mikro-orm/sql';
import { CompiledQuery, Kysely, sql, type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';
import { Fault } from '../kernel/fault.ts';
import type { Engine, StoreOrm } from './engine.ts';
import { storeNaming } from './naming.ts';
import type { Sql } from './platform.ts';
import { SqliteDriver } from './sqlite-values.ts';
import type { StoreDefinition } from './store.ts';
import { openWakeups } from './wakeups.ts';

/** How long a process that is just ending may take to let go of the directory. */
const LOCK_WAIT_MS = 300;
const BUSY_WAIT_MS = 5_000;
const STATEMENTS_MAX = 200;
const STATEMENTS_MAX_CHARS = 2_000_000;
/** Longer ones whose values are in their text never come again. */
const TEXT_WITH_VALUES_MAX_CHARS = 4_000;
const READS = /^\s*(select|pragma|explain|with)|\breturning\b/i;

// Without FULL, 20 of 30 simulated power cuts lost commits that had been acknowledged.
const WRITER_PRAGMAS = [
  'journal_mode = wal',
  'synchronous = full',
  'foreign_keys = on',
  `busy_timeout = ${BUSY_WAIT_MS}`,
];
const READER_PRAGMAS = [`busy_timeout = ${BUSY_WAIT_MS}`, 'query_only = on'];

/** Opens `directory`/waybill.db. Fails with STORE_IN_USE while another process or house has it open. */
export async function openSqlite(directory: string): Promise<Engine> {
  mkdirSync(directory, { recursive: true });
  const unlock = lock(directory);
  const path = join(directory, 'waybill.db');
  const writer = await connect(path, WRITER_PRAGMAS);
  const reader = await connect(path, READER_PRAGMAS);
  return {
    platform: {
      dialect: 'sqlite',
      writer,
      reader,
      wakeups: openWakeups(),
      holder: 'this process',
      // The lock says that nobody else is here: whoever held a lease when we opened the directory is dead.
      isGone: () => sql<boolean>`false`,
    },
    transactionsMax: 1,
    ormFor: (store, access) => sqliteOrm(store, access === 'write' ? writer : reader, access),
    whileMigrating: (work) => work(),
    async close() {
      await reader.destroy();
      await writer.destroy();
      unlock();
    },
  };
}

/** An ORM over `connection`, which stays the caller's. */
export async function sqliteOrm(
  store: StoreDefinition,
  connection: Sql,
  access: 'read' | 'write' = 'write',
): Promise<StoreOrm> {
  const orm: unknown = await SqlMikroORM.init({
    driver: SqliteDriver,
    contextName: `${store.subgraph} ${access}`,
    dbName: 'waybill',
    ensureDatabase: false,
    driverOptions: connection,
    entities: [...store.entities],
    namingStrategy: storeNaming(`${store.subgraph}_`),
    discovery: { warnWhenNoEntities: false },
  });
  return orm as StoreOrm;
}

/** A connection to the database file `path`, or to a private one in memory called `:memory:`. */
export async function connect(path: string, pragmas: readonly string[] = WRITER_PRAGMAS): Promise<Sql> {
  const connection: Sql = new Kysely<unknown>({
    dialect: new SqliteDialect({ database: new PreparedStatements(path) }),
  });
  for (const pragma of pragmas) await connection.executeQuery(CompiledQuery.raw(`pragma ${pragma}`));
  return connection;
}

/**
 * A database as Kysely takes it, whose statements are prepared once and kept. One that is not holds on to its values,
 * outside the heap of V8, until that is next collected: of many rows, this was 100 KiB each time.
 */
class PreparedStatements implements SqliteDatabase {
  readonly #database: DatabaseSync;
  /** The one that was used longest ago comes first. */
  readonly #kept = new Map<string, SqliteStatement>();
  #keptChars = 0;

  constructor(path: string) {
    this.#database = new DatabaseSync(path);
  }

  prepare(text: string): SqliteStatement {
    if (text.length > TEXT_WITH_VALUES_MAX_CHARS && !text.includes('?')) return this.#prepare(text);
    const statement = this.#kept.get(text) ?? this.#prepare(text);
    if (!this.#kept.delete(text)) this.#keptChars += text.length;
    this.#kept.set(text, statement);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= STATEMENTS_MAX && this.#keptChars <= STATEMENTS_MAX_CHARS) break;
      this.#kept.delete(oldest);
      this.#keptChars -= oldest.length;
    }
    return statement;
  }

  close(): void {
    this.#kept.clear();
    this.#database.close();
  }

  #prepare(text: string): SqliteStatement {
    return asKyselyTakesIt(this.#database.prepare(text), READS.test(text));
  }
}

function asKyselyTakesIt(statement: StatementSync, reader: boolean): SqliteStatement {
  return {
    reader,
    all: (values) => statement.all(...values.map(bound)),
    run: (values) => statement.run(...values.map(bound)),
    iterate: (values) => statement.iterate(...values.map(bound)),
  };
}

/** SQLite has no booleans of its own; and a number would be a floating one, 5 in a column of text 5.0. */
function bound(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return Number.isSafeInteger(value) ? BigInt(value as number) : (value as SQLInputValue);
}

/** The kernel keeps this lock and drops it with the process, however that ends; there is no stale lock. */
function lock(directory: string): () => void {
  const file = new DatabaseSync(join(directory, 'waybill.lock'), { timeout: LOCK_WAIT_MS });
  try {
    file.exec('pragma locking_mode = exclusive; begin exclusive;');
  } catch (cause) {
    file.close();
    throw new Fault({
      code: 'STORE_IN_USE',
      retry: 'permanent',
      message: 'another process has this data directory open; stop it, or name another directory',
      subject: directory,
      cause,
    });
  }
  return () => file.close();
}
