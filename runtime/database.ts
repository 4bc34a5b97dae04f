/** The database of one process: SQLite inside a directory, or PostgreSQL; one connection pool for all its subgraphs. */
import type { Clock } from '../kernel/clock.ts';
import type { SubgraphName } from '../kernel/event.ts';
import { brokenPromise } from '../kernel/fault.ts';
import type { Store, StoreDefinition } from './store.ts';

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
  readonly dialect: 'sqlite' | 'postgresql';
  store(subgraph: SubgraphName): Store;
  close(): Promise<void>;
}

/** Opens and migrates the database. Fails with STORE_IN_USE when another process has the directory open. */
export function openDatabase(_options: DatabaseOptions): Promise<Database> {
  return Promise.reject(brokenPromise('not built yet'));
}
