/** Cutover: what is decided, on which gates. */
import { brokenPromise } from '../../kernel/fault.ts';
import {
  buildFederatedSchema,
  type FederatedSchema,
  type OpenSubgraph,
  type ResolverClass,
  type SubgraphContext,
  type SubgraphDefinition,
} from '../../runtime/subgraph.ts';
import { CutoverMutations } from './graphql/mutations.ts';
import { BatchCutover, CutoverQueries, DecisionQueries, MigrationCutover, watchTopic } from './graphql/queries.ts';
import { Batch, Cutover, Migration } from './graphql/types.ts';
import { findCutover } from './store/cutover-rows.ts';
import { cutoverStore } from './store/store.ts';
import type { CutoverContext } from './work/context.ts';
import { evaluateJob } from './work/evaluate.ts';
import { COPIES, keepMigration } from './work/keep-copies.ts';
import { LiveCutovers } from './work/live.ts';

const RESOLVERS = [CutoverQueries, DecisionQueries, MigrationCutover, BatchCutover, CutoverMutations] as const;

export const cutover: SubgraphDefinition = {
  name: 'cutover',
  store: cutoverStore,
  sdl: async () => (await schemaOf(undefined)).sdl,
  open,
};

async function open({ database, strongroom, clock, random }: SubgraphContext): Promise<OpenSubgraph> {
  const store = database.store('cutover');
  const cutovers: CutoverContext = { store, strongroom, clock, random, live: new LiveCutovers() };
  return {
    name: 'cutover',
    schema: (await schemaOf(cutovers)).schema,
    handlers: [keepMigration(cutovers), ...COPIES],
    jobs: [evaluateJob(cutovers)],
    close: () => Promise.resolve(),
  };
}

/** Without a context the schema can be printed, not asked. */
function schemaOf(cutovers: CutoverContext | undefined): Promise<FederatedSchema> {
  const instances = new Map<ResolverClass, object>(
    cutovers === undefined ? [] : RESOLVERS.map((each) => [each, new each(cutovers)]),
  );
  const asked = (): CutoverContext => {
    if (cutovers === undefined) throw brokenPromise('a schema without a context was asked');
    return cutovers;
  };
  return buildFederatedSchema({
    name: 'cutover',
    resolvers: RESOLVERS,
    orphanedTypes: [Cutover, Migration, Batch],
    references: {
      Cutover: ({ id }: { readonly id: string }) => asked().store.read((em) => findCutover(em, { id })),
      Migration: ({ id }: { readonly id: string }) => ({ id }),
      Batch: ({ id }: { readonly id: string }) => ({ id }),
    },
    container: (type) => instances.get(type) ?? {},
    pubSub: {
      publish: () => {},
      subscribe: (topic) => watchTopic(asked(), topic),
    },
  });
}
