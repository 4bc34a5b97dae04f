/** What a database product gives the runtime: connections, an ORM per store, and one migrator at a time. */
import type { SqlEntityManager, SqlMikroORM } from '@mikro-orm/sql';
import type { Platform } from './platform.ts';
import type { StoreDefinition } from './store.ts';

export interface Engine {
  readonly platform: Platform;
  /** Transactions that may be open at once; connections beyond them are for reading, so that reads never starve. */
  readonly transactionsMax: number;
  ormFor(store: StoreDefinition, access: 'read' | 'write'): Promise<StoreOrm>;
  /** Runs `work` while no other process migrates. */
  whileMigrating<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The part of MikroORM that stores use. */
export type StoreOrm = Pick<SqlMikroORM, 'schema'> & { readonly em: SqlEntityManager };
