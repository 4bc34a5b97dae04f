/** The database of one process: SQLite inside a directory, or PostgreSQL; one connection pool for all its subgraphs. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Clock } from '../kernel/clock.ts';
import type { SubgraphName } from '../kernel/event.ts';
import { brokenPromise } from '../kernel/fault.ts';
import { despiteContention } from './contention.ts';
import type { Engine, StoreOrm } from './engine.ts';
import { Gate } from './gate.ts';
import { freeAbandonedJobs } from './lease.ts';
import { migrate } from './migrations.ts';
import type { Dialect, Platform } from './platform.ts';
import { openSqlite } from './sqlite.ts';
import { storeFault } from './store-fault.ts';
import type { Store, StoreDefinition, Unit } from './store.ts';
import { commitments } from './unit.ts';

export type {
  EventHandler,
  JobHandler,
  Lease,
  NewJob,
  Store,
  StoreDefinition,
  StoreMigration,
  Unit,
} from './store.ts';

export interface DatabaseOptions {
  /** postgres://…; SQLite in `directory` when undefined. */
  readonly url?: string | undefined;
  readonly directory: string;
  readonly stores: readonly StoreDefinition[];
  readonly clock: Clock;
}

export interface Database {
  readonly dialect: Dialect;
  /** For the rooms of the runtime alone. */
  readonly platform: Platform;
  store(subgraph: SubgraphName): Store;
  close(): Promise<void>;
}

/** Opens and migrates the database. Fails with STORE_IN_USE when another process has the directory open. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, directory, stores, clock } = options;
  const engine = await openEngine(url, directory);
  try {
    const { dialect, writer } = engine.platform;
    await engine.whileMigrating(() => migrate({ dialect, connection: writer, stores, clock }));
    await freeAbandonedJobs(engine.platform);
    const gate = new Gate(engine.transactionsMax);
    const opened = new Map<SubgraphName, Store>();
    for (const store of stores) opened.set(store.subgraph, await openStore(engine, store, gate));
    return {
      dialect,
      platform: engine.platform,
      store(subgraph) {
        const store = opened.get(subgraph);
        if (store === undefined) throw brokenPromise(`the database was opened without the store of ${subgraph}`);
        return store;
      },
      close: () => engine.close(),
    };
  } catch (error) {
    await engine.close();
    throw storeFault(error);
  }
}

async function openEngine(url: string | undefined, directory: string): Promise<Engine> {
  try {
    if (url === undefined) return await openSqlite(directory);
    // Its driver is loaded where there is a server to be spoken with.
    const { openPostgres } = await import('./postgres.ts');
    return await openPostgres(url);
  } catch (error) {
    throw storeFault(error);
  }
}

// Inside a transaction, MikroORM would otherwise fork the entity manager of that transaction.
const ALONE = { disableContextResolution: true } as const;

/** Whether this chain of calls is inside a transaction; two at once would wait for each other for ever. */
const inside = new AsyncLocalStorage<{ open: boolean }>();

async function openStore(engine: Engine, definition: StoreDefinition, gate: Gate): Promise<Store> {
  const { platform } = engine;
  const forReading = await engine.ormFor(definition, 'read');
  const forWriting = await engine.ormFor(definition, 'write');
  return {
    subgraph: definition.subgraph,
    async read(work) {
      try {
        return await work(forReading.em.fork(ALONE));
      } catch (error) {
        throw storeFault(error);
      }
    },
    async transact(work) {
      if (inside.getStore()?.open === true) throw brokenPromise('a transaction was started inside a transaction');
      const { result, wake } = await despiteContention(() =>
        gate.pass(() => inTransaction(forWriting, platform, definition.subgraph, work)),
      );
      for (const topic of wake) platform.wakeups.wake(topic);
      return result;
    },
  };
}

async function inTransaction<T>(
  orm: StoreOrm,
  platform: Platform,
  subgraph: SubgraphName,
  work: (unit: Unit) => Promise<T>,
): Promise<{ readonly result: T; readonly wake: readonly ('event' | 'job')[] }> {
  const mark = { open: true };
  const fork = orm.em.fork(ALONE) as SqlEntityManager;
  try {
    return await fork.transactional((em) =>
      inside.run(mark, async () => {
        const { unit, write } = commitments(platform, subgraph, em);
        const result = await work(unit);
        await em.flush();
        return { result, wake: await write() };
      }),
    );
  } finally {
    mark.open = false;
  }
}
