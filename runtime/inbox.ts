/** The inbox: hands every event to every handler of a subgraph once, in the order of commits. */
import type { SubgraphName } from '../kernel/event.ts';
import type { Database } from './database.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { EventHandler } from './store.ts';

export type { EventHandler } from './store.ts';

export interface Dispatcher {
  /** Resolves when every event committed so far has been handled, or its handler has stopped. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export declare function startDispatcher(o: {
  readonly database: Database;
  readonly handlers: Readonly<Partial<Record<SubgraphName, readonly EventHandler[]>>>;
  readonly log: Log;
  readonly metrics: Metrics;
}): Dispatcher;
