/** Transfer: what moves. Batches, their manifests and records, and the jobs that read, stage, compare and commit. */
import { recordIsolation } from '../../runtime/isolation.ts';
import { approvalsIn } from '../../runtime/keys.ts';
import { join } from 'node:path';
import { openConnectorHost } from '../../plugins/host/index.ts';
import {
  buildFederatedSchema,
  type FederatedSchema,
  type ResolverClass,
  type SubgraphContext,
  type SubgraphDefinition,
} from '../../runtime/subgraph.ts';
import { BatchMutations } from './graphql/batch-mutations.ts';
import { BatchQueries, watchTopic } from './graphql/batch-queries.ts';
import { transferStore } from './store/store.ts';
import type { TransferContext } from './work/context.ts';
import { keepMigration, keepReadiness, keepReconciliation, keepRelationships } from './work/keep-copies.ts';
import { LiveBatches } from './work/live.ts';
import { moveJob } from './work/move.ts';
import { packJob } from './work/pack.ts';
import { cancelRemedy, planBatches, planRemedy } from './work/plan-batches.ts';

export const transfer: SubgraphDefinition = {
  name: 'transfer',
  store: transferStore,
  async sdl() {
    return (await buildSchema(undefined)).sdl;
  },
  async open(opened) {
    const { host, close } = await openHost(opened);
    const { strongroom, clock, random, log, metrics, keys, config, database, bandwidth } = opened;
    const context: TransferContext = {
      ...{ strongroom, clock, random, log, metrics, keys, host, bandwidth },
      store: database.store('transfer'),
      scratch: join(config.directory, 'scratch'),
      live: new LiveBatches(clock),
    };
    const { schema } = await buildSchema(context);
    await recordIsolation(context, host.list());
    return {
      name: 'transfer',
      schema,
      handlers: [
        ...[keepMigration(context), keepReadiness, keepReconciliation(context), keepRelationships(context)],
        ...[planBatches(context), planRemedy(context), cancelRemedy(context)],
      ],
      jobs: [packJob(context), moveJob(context)],
      close,
    };
  },
};

async function openHost({ config, clock, log, bandwidth }: SubgraphContext) {
  const host = await openConnectorHost({
    packages: config.connectors,
    approvals: approvalsIn(config.directory),
    isolationLeast: config.isolationLeast,
    lent: config.lent,
    spoolDirectory: join(config.directory, 'spool'),
    environment: (name) => config.environment(name),
    log: (fact, facts) => log.info(fact, facts),
    clock,
    bandwidth,
  });
  return { host, close: () => host.close() };
}

/** Without a context the schema can be printed but not asked. */
function buildSchema(context: TransferContext | undefined): Promise<FederatedSchema> {
  const asked = new Map<ResolverClass, object>();
  const queries = context && new BatchQueries(context);
  if (context && queries) {
    asked.set(BatchQueries, queries);
    asked.set(BatchMutations, new BatchMutations(context));
  }
  return buildFederatedSchema({
    name: 'transfer',
    resolvers: [BatchQueries, BatchMutations],
    references: { Batch: ({ id }: { readonly id: string }) => queries?.find(id) ?? null },
    container: (type) => asked.get(type) ?? {},
    pubSub: {
      publish: () => {},
      subscribe: (topic) => (context ? watchTopic(context, topic) : nothing()),
    },
  });
}

async function* nothing(): AsyncGenerator<never> {}
