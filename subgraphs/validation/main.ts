/** Validation: what arrived. Reads targets back, matches them with the originals, and queues what disagrees. */
import { join } from 'node:path';
import { openConnectorHost } from '../../plugins/host/index.ts';
import type { RequestContext } from '../../runtime/request.ts';
import { recordIsolation } from '../../runtime/isolation.ts';
import { approvalsIn } from '../../runtime/keys.ts';
import {
  buildFederatedSchema,
  type FederatedSchema,
  type OpenSubgraph,
  type ResolverClass,
  type SubgraphContext,
  type SubgraphDefinition,
} from '../../runtime/subgraph.ts';
import { CauseMutations } from './graphql/cause-mutations.ts';
import { CauseQueries } from './graphql/cause-queries.ts';
import { MigrationCoverage } from './graphql/coverage.ts';
import { Batch, Migration } from './graphql/entity-types.ts';
import { ExceptionMutations } from './graphql/mutations.ts';
import { BatchReconciliations, ExceptionQueries, MigrationReconciliations, watchTopic } from './graphql/queries.ts';
import { Remedies } from './graphql/remedies.ts';
import { ExceptionStreams } from './graphql/streams.ts';
import { TraceQueries } from './graphql/trace.ts';
import { GuidedScripts } from './graphql/scripts.ts';
import { validationStore } from './store/store.ts';
import { groupJob } from './work/act-on-group.ts';
import type { House } from './work/house.ts';
import { validationHandlers } from './work/intake.ts';
import { standingJob, standingTimetable } from './work/keep-standing.ts';
import { reconcileJob } from './work/reconcile.ts';
import { relateJob } from './work/relate.ts';
import { ValidationWatch } from './work/watch.ts';

const RESOLVERS = [
  ExceptionQueries,
  ExceptionStreams,
  CauseQueries,
  CauseMutations,
  BatchReconciliations,
  MigrationReconciliations,
  ExceptionMutations,
  TraceQueries,
  MigrationCoverage,
  GuidedScripts,
  Remedies,
] as const;

export { coveragePage } from './domain/coverage-page.ts';

export const validation: SubgraphDefinition = {
  name: 'validation',
  store: validationStore,
  sdl: async () => (await schemaOf(undefined, undefined)).sdl,
  open,
};

async function open(opened: SubgraphContext): Promise<OpenSubgraph> {
  const { database, strongroom, clock, log, keys, config, bandwidth } = opened;
  const store = database.store('validation');
  const watchers = new ValidationWatch(store);
  // A connection of its own to every target: what transfer opened is not trusted with the verdict.
  const host = await openConnectorHost({
    packages: config.connectors,
    approvals: approvalsIn(config.directory),
    isolationLeast: config.isolationLeast,
    lent: config.lent,
    spoolDirectory: join(config.directory, 'spool', 'validation'),
    environment: (name) => config.environment(name),
    log: (fact, facts) => log.info(fact, facts),
    clock,
    bandwidth,
  });
  const directory = join(config.directory, 'scratch');
  const house: House = { store, strongroom, clock, log, keys, host, directory, watchers };
  await recordIsolation({ store, clock, random: opened.random }, host.list());
  return {
    name: 'validation',
    schema: (await schemaOf(house, watchers)).schema,
    handlers: validationHandlers,
    jobs: [reconcileJob(house), relateJob(house), standingJob(house), groupJob(house)],
    timetables: [standingTimetable(house)],
    close: () => host.close(),
  };
}

/** Without a house the schema can be printed, not asked. */
export function schemaOf(house: House | undefined, watch: ValidationWatch | undefined): Promise<FederatedSchema> {
  const instances = new Map<ResolverClass, object>();
  if (house !== undefined) for (const each of RESOLVERS) instances.set(each, new each(house));
  const exceptions = house && new ExceptionQueries(house);
  const known =
    <T extends object>(type: new () => T) =>
    ({ id }: { readonly id: string }): T =>
      Object.assign(new type(), { id });
  return buildFederatedSchema({
    name: 'validation',
    resolvers: RESOLVERS,
    orphanedTypes: [Batch, Migration],
    references: {
      Exception: ({ id }: { readonly id: string }, request: RequestContext) => exceptions?.find(id, request) ?? null,
      Batch: known(Batch),
      Migration: known(Migration),
    },
    container: (type) => instances.get(type) ?? {},
    pubSub: {
      publish: () => {},
      subscribe: (topic) => (watch === undefined ? nothing() : watchTopic(watch, topic)),
    },
  });
}

async function* nothing(): AsyncGenerator<never> {}
