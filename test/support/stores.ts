/** The databases that tests and proofs run on: SQLite always, PostgreSQL when WAYBILL_TEST_POSTGRES names a server. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../kernel/clock.ts';
import { loadConfig } from '../../runtime/config.ts';
import { type Database, openDatabase, type StoreDefinition } from '../../runtime/database.ts';
import { openPool } from '../../runtime/postgres.ts';

export interface Place {
  readonly url: string | undefined;
  readonly directory: string;
  /** Opens the database of this place; closed by `leave` if the test did not. */
  open(stores: readonly StoreDefinition[], clock?: Clock): Promise<Database>;
  leave(): Promise<void>;
}

export interface TestDialect {
  readonly dialect: 'sqlite' | 'postgresql';
  /** A database of its own: a temporary directory, and on PostgreSQL a database that `leave` drops. */
  enter(): Promise<Place>;
}

/** The server to test on; undefined when there is none. */
export const POSTGRES_URL: string | undefined = loadConfig().environment('WAYBILL_TEST_POSTGRES');

const SQLITE: TestDialect = { dialect: 'sqlite', enter: async () => place(undefined, async () => {}) };
const POSTGRES: TestDialect = { dialect: 'postgresql', enter: enterPostgres };

export const DIALECTS: readonly TestDialect[] = POSTGRES_URL === undefined ? [SQLITE] : [SQLITE, POSTGRES];

async function enterPostgres(): Promise<Place> {
  const name = `waybill_test_${randomBytes(6).toString('hex')}`;
  const server = await openPool(POSTGRES_URL ?? '');
  await server.pool.query(`create database ${name}`);
  const url = new URL(POSTGRES_URL ?? '');
  url.pathname = `/${name}`;
  return place(url.href, async () => {
    await server.pool.query(`drop database if exists ${name} with (force)`);
    await server.close();
  });
}

async function place(url: string | undefined, drop: () => Promise<void>): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'waybill-test-'));
  const opened = new Set<Database>();
  return {
    url,
    directory,
    async open(stores, clock = systemClock) {
      const database = await openDatabase({ url, directory, stores, clock });
      opened.add(database);
      const close = database.close.bind(database);
      return Object.assign(database, {
        close: async () => {
          if (opened.delete(database)) await close();
        },
      });
    },
    async leave() {
      for (const database of opened) await database.close();
      await drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
