/** Jobs: work that survives a crash, done by whoever holds the lease. */
import type { SubgraphName } from '../kernel/event.ts';
import type { Database } from './database.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { JobHandler } from './store.ts';

export type { JobHandler, Lease, NewJob } from './store.ts';

export interface Workers {
  /** Resolves when no job is ready or running. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export declare function startWorkers(o: {
  readonly database: Database;
  readonly jobs: Readonly<Partial<Record<SubgraphName, readonly JobHandler[]>>>;
  readonly log: Log;
  readonly metrics: Metrics;
}): Workers;
