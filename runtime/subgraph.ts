/** A subgraph: its schema, its handlers and its jobs, embedded in this process or served to a gateway. */
import type { GraphQLSchema } from 'graphql';
import type { Clock } from '../kernel/clock.ts';
import type { SubgraphName } from '../kernel/event.ts';
import type { Bandwidth } from './bandwidth.ts';
import type { Config } from './config.ts';
import type { Database, StoreDefinition } from './database.ts';
import { type Dispatcher, startDispatcher } from './inbox.ts';
import { startWorkers, type Workers } from './jobs.ts';
import type { HouseKeys } from './keys.ts';
import { activity } from './activity.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { EventHandler, JobHandler } from './store.ts';
import type { Strongroom } from './strongroom.ts';
import { startTimetables, type Timetable } from './timetable.ts';

export {
  buildFederatedSchema,
  type FederatedOptions,
  type FederatedSchema,
  type PubSub,
  type ResolverClass,
} from './federated.ts';
export { type ServedSubgraph, type ServeOptions, serveSubgraph } from './serve.ts';

export interface SubgraphContext {
  readonly database: Database;
  readonly strongroom: Strongroom;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Log;
  readonly config: Config;
  readonly metrics: Metrics;
  readonly keys: HouseKeys;
  /** Of the whole process: whoever moves bytes takes part in it. */
  readonly bandwidth: Bandwidth;
}

export interface SubgraphDefinition {
  readonly name: SubgraphName;
  readonly store: StoreDefinition;
  /** The schema as text, without a database. */
  sdl(): Promise<string>;
  open(context: SubgraphContext): Promise<OpenSubgraph>;
}

export interface OpenSubgraph {
  readonly name: SubgraphName;
  readonly schema: GraphQLSchema;
  readonly handlers: readonly EventHandler[];
  readonly jobs: readonly JobHandler[];
  readonly timetables?: readonly Timetable[] | undefined;
  close(): Promise<void>;
}

/** Subgraphs at work in this process: events are handed over, jobs are done. */
export interface RunningSubgraphs {
  readonly dispatcher: Dispatcher;
  readonly workers: Workers;
  /** Resolves when no event and no job is left, nor anything that they caused. */
  settled(): Promise<void>;
  /** Ends jobs and handlers, then closes the subgraphs; the database stays open. */
  close(): Promise<void>;
}

/** Starts the handlers and the jobs of `open`. */
export function runSubgraphs(
  open: readonly OpenSubgraph[],
  o: { readonly database: Database; readonly log: Log; readonly metrics: Metrics },
): RunningSubgraphs {
  const handlers = Object.fromEntries(open.map((each) => [each.name, each.handlers]));
  const jobs = Object.fromEntries(open.map((each) => [each.name, each.jobs]));
  const dispatcher = startDispatcher({ ...o, handlers });
  const workers = startWorkers({ ...o, jobs });
  const stopTimetables = startTimetables(
    open.flatMap(({ timetables = [] }) => timetables),
    o.log,
  );
  return {
    dispatcher,
    workers,
    async settled() {
      for (let before = ''; ; ) {
        await dispatcher.settled();
        await workers.settled();
        const now = await activity(o.database.platform);
        if (now === before) return;
        before = now;
      }
    },
    async close() {
      await Promise.all([stopTimetables(), dispatcher.close(), workers.close()]);
      await Promise.all(open.map((each) => each.close()));
    },
  };
}
