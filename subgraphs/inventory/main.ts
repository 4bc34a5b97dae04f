/** Inventory: what exists, and whether it may move. */
import { recordIsolation } from '../../runtime/isolation.ts';
import { approvalsIn } from '../../runtime/keys.ts';
import { join } from 'node:path';
import { openConnectorHost } from '../../plugins/host/index.ts';
import {
  buildFederatedSchema,
  type FederatedSchema,
  type OpenSubgraph,
  type ResolverClass,
  type SubgraphContext,
  type SubgraphDefinition,
} from '../../runtime/subgraph.ts';
import { brokenPromise } from '../../kernel/fault.ts';
import {
  DriftItemQueries,
  FindingQueries,
  MigrationSurveyQueries,
  SurveyedDatasetQueries,
  SurveyRunQueries,
} from './graphql/survey-queries.ts';
import { MigrationBandwidth } from './graphql/bandwidth.ts';
import { LineageChanges } from './graphql/lineage-changes.ts';
import { LineageQueries } from './graphql/lineage-queries.ts';
import { InventoryMutations } from './graphql/mutations.ts';
import { DatasetProfileQueries, ProfileMutations, ProfileQueries } from './graphql/profile-queries.ts';
import { ProgrammeMutations } from './graphql/programme-mutations.ts';
import { ProgrammeQueries } from './graphql/programme-queries.ts';
import { DatasetQueries, EndpointQueries, ItemQueries, MigrationQueries, SystemQueries } from './graphql/queries.ts';
import { System } from './graphql/system-types.ts';
import { Dataset, Item, Migration } from './graphql/types.ts';
import { findDataset, findItem, findMigration, findSystem } from './store/find.ts';
import { inventoryStore } from './store/store.ts';
import type { InventoryContext } from './work/context.ts';
import { readinessJob } from './work/evaluate-readiness.ts';
import { noteLaunch } from './work/note-launch.ts';
import { lossJob } from './work/measure-loss.ts';
import { profileJob } from './work/profile-dataset.ts';
import { trustTimetable } from './work/watch-trust.ts';
import { surveyJob } from './work/survey.ts';

export { parsePlan } from './work/read-plan.ts';
export { readPlanFile, type PlanDocuments } from './work/read-plan-file.ts';
export { parsePolicy } from './work/read-policy.ts';
export type { Plan } from './domain/plan.ts';

const RESOLVERS = [
  MigrationQueries,
  DatasetQueries,
  ItemQueries,
  SystemQueries,
  EndpointQueries,
  LineageChanges,
  LineageQueries,
  MigrationSurveyQueries,
  SurveyRunQueries,
  SurveyedDatasetQueries,
  DriftItemQueries,
  FindingQueries,
  ProfileQueries,
  DatasetProfileQueries,
  ProfileMutations,
  InventoryMutations,
  ProgrammeQueries,
  ProgrammeMutations,
  MigrationBandwidth,
] as const;

export const inventory: SubgraphDefinition = {
  name: 'inventory',
  store: inventoryStore,
  sdl: async () => (await schemaOf(undefined)).sdl,
  open,
};

async function open(context: SubgraphContext): Promise<OpenSubgraph> {
  const { config, log, clock, strongroom, random, keys, bandwidth } = context;
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
  const room: InventoryContext = {
    store: context.database.store('inventory'),
    strongroom,
    host,
    bandwidth,
    clock,
    random,
    log,
    keys,
    scratch: join(config.directory, 'scratch', 'inventory'),
  };
  await recordIsolation(room, host.list());
  return {
    name: 'inventory',
    schema: (await schemaOf(room)).schema,
    handlers: [noteLaunch],
    jobs: [surveyJob(room), readinessJob(room), lossJob(room), profileJob(room)],
    timetables: [trustTimetable(room)],
    close: () => host.close(),
  };
}

/** Without a room the schema can be printed, not asked. */
function schemaOf(room: InventoryContext | undefined): Promise<FederatedSchema> {
  const instances = new Map<ResolverClass, object>(
    room === undefined ? [] : RESOLVERS.map((each) => [each, new each(room)]),
  );
  const find =
    <T>(by: (id: string) => Promise<T>) =>
    ({ id }: { readonly id: string }) =>
      by(id);
  const read: InventoryContext['store']['read'] = (work) => {
    if (room === undefined) throw brokenPromise('a schema without a room was asked');
    return room.store.read(work);
  };
  return buildFederatedSchema({
    name: 'inventory',
    resolvers: RESOLVERS,
    orphanedTypes: [Migration, Dataset, Item, System],
    references: {
      Migration: find((id) => read((em) => findMigration(em, { id }))),
      Dataset: find((id) => read((em) => findDataset(em, id))),
      Item: find((id) => read((em) => findItem(em, id))),
      System: find((id) => read((em) => findSystem(em, id))),
    },
    container: (type) => instances.get(type) ?? {},
  });
}
