/** Audit: what can be proved. The append-only log of every act, and evidence packs that outsiders check. */
import { join } from 'node:path';
import {
  buildFederatedSchema,
  type FederatedSchema,
  type OpenSubgraph,
  type ResolverClass,
  type SubgraphContext,
  type SubgraphDefinition,
} from '../../runtime/subgraph.ts';
import { openCursorTopic } from '../../runtime/progress.ts';
import type { RequestContext } from '../../runtime/request.ts';
import { EvidenceQueries, MigrationEvidence } from './graphql/evidence.ts';
import { BatchTrail, ItemTrail, LogQueries, MigrationTrail, watchLog } from './graphql/log-queries.ts';
import { Batch, Item, Migration } from './graphql/types.ts';
import { auditStore } from './store/store.ts';
import type { AuditContext } from './work/context.ts';
import { auditHandlers } from './work/hear.ts';
import { openLogFiles } from './work/log-files.ts';
import { readPage, type ReadLogEntry } from './work/read-log.ts';
import { openRecordOffice } from './work/record-office.ts';
import { sealEvidenceJob } from './work/seal-evidence.ts';
import { Sequencer } from './work/sequencer.ts';

export { type Verification, verifyPack } from './domain/verify.ts';

const RESOLVERS = [LogQueries, BatchTrail, MigrationTrail, ItemTrail, EvidenceQueries, MigrationEvidence] as const;
/** Entries a live reader is given at a time. */
const APPENDED_PAGE_ROWS = 250;

export const audit: SubgraphDefinition = {
  name: 'audit',
  store: auditStore,
  sdl: async () => (await schemaOf(undefined)).sdl,
  open,
};

async function open({
  database,
  strongroom,
  clock,
  log,
  metrics,
  config,
  keys,
}: SubgraphContext): Promise<OpenSubgraph> {
  const store = database.store('audit');
  const files = await openLogFiles(config.directory);
  const sequencer = new Sequencer(database, files, keys.log);
  await sequencer.open();
  const appended = openCursorTopic<ReadLogEntry>({
    cursorOf: ({ position }) => String(position),
    page: async (since) => {
      const after = since === undefined ? undefined : Number(since);
      return (await readPage({ store, files }, {}, APPENDED_PAGE_ROWS, after)).entries;
    },
  });
  const office = openRecordOffice({ sequencer, store, log, metrics, appended: () => appended.wake() });
  const context: AuditContext = { store, files, sequencer, office, clock, appended };
  const folder = join(config.directory, 'evidence');
  return {
    name: 'audit',
    schema: (await schemaOf(context)).schema,
    handlers: auditHandlers,
    jobs: [sealEvidenceJob({ store, files, sequencer, office, clock, folder, strongroom, keys })],
    close: () => office.close(),
  };
}

/** Without a context the schema can be printed, not asked. */
function schemaOf(context: AuditContext | undefined): Promise<FederatedSchema> {
  const instances = new Map<ResolverClass, object>();
  if (context !== undefined) for (const each of RESOLVERS) instances.set(each, new each(context));
  const entries = context && new LogQueries(context);
  const known =
    <T extends object>(type: new () => T) =>
    ({ id }: { readonly id: string }): T =>
      Object.assign(new type(), { id });
  return buildFederatedSchema({
    name: 'audit',
    resolvers: RESOLVERS,
    orphanedTypes: [Batch, Item, Migration],
    references: {
      LogEntry: ({ id }: { readonly id: string }, request: RequestContext) => entries?.find(id, request) ?? null,
      Batch: known(Batch),
      Item: known(Item),
      Migration: known(Migration),
    },
    container: (type) => instances.get(type) ?? {},
    pubSub: {
      publish: () => {},
      subscribe: (topic) => (context === undefined ? nothing() : watchLog(context, topic)),
    },
  });
}

async function* nothing(): AsyncGenerator<never> {}
