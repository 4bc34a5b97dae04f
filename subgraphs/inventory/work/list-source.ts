/** Listing the source through its connector; what goes wrong there is told apart from what goes wrong here. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Json } from '../../../kernel/canonical-json.ts';
import { brokenPromise, isFault } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
import type { EndpointSettings, Source } from '../../../plugins/host/index.ts';
import { ConnectionKeeper } from '../../../runtime/connections.ts';
import { completePolicy } from '../domain/policy.ts';
import type { Problem } from '../domain/readiness.ts';
import { endpointsOf } from '../store/migration-rows.ts';
import { type Endpoint, Migration } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import type { InventoryContext } from './context.ts';

export interface ListedItem {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAt?: string | undefined;
}

/** The source could not be listed, however often the host tried. */
export class SourceFailure extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, cause: unknown) {
    super(problem.reason, { cause });
    this.name = 'SourceFailure';
    this.problem = problem;
  }
}

export interface Listing {
  /** Whether the source lists in the order of the bytes of its paths, so that a listing can go on after one of them. */
  readonly isOrdered: boolean;
  /** Every item, or where the source lists in order those after the path. */
  items(after: string | undefined): AsyncIterable<ListedItem>;
}

/** Opens the source for `work`. Throws what openSource does, and what `work` throws of itself. */
export function listSource<T>(
  context: SourceRoom,
  endpoint: EndpointSettings,
  signal: AbortSignal,
  work: (listing: Listing) => Promise<T>,
): Promise<T> {
  return withSource(context, endpoint, signal, (source) => {
    const items = (after: string | undefined) =>
      telling(
        signal,
        after === undefined ? source.list(signal) : (source.listFrom?.(after, signal) ?? source.list(signal)),
      );
    return work({ isOrdered: source.listFrom !== undefined, items });
  });
}

/** How the source of a migration is reached, and what its bytes share their bandwidth with. */
export async function settingsOfSource(em: SqlEntityManager, migrationId: Id): Promise<EndpointSettings> {
  const migration = await em.findOne(Migration, { id: migrationId });
  const source = (await endpointsOf(em, migrationId)).find(({ role }) => role === 'source');
  if (migration === null || source === undefined) throw brokenPromise('a migration without a source', migrationId);
  const rules = completePolicy(migration.rules as unknown as Json).transfer.bandwidth;
  return { ...settingsOf(source), traffic: { route: migrationId, rules } };
}

/** How the endpoint is reached. */
export function settingsOf({ connector, config, secrets, network }: Endpoint): EndpointSettings {
  return { connector, config: config as Json, secrets, network: network ?? undefined };
}

/** Where a source is opened, and what is kept of how it was reached. */
type SourceRoom = Pick<InventoryContext, 'host' | 'store' | 'strongroom' | 'clock'>;

const OFFICE = { announcer: { entryOf, eventOf }, type: 'inventory.connected.v1' } as const;

/** Opens the source for `work`. Throws a SourceFailure when it does not open, the fault when `signal` asks to stop. */
export async function withSource<T>(
  context: SourceRoom,
  endpoint: EndpointSettings,
  signal: AbortSignal,
  work: (source: Source) => Promise<T>,
): Promise<T> {
  const { traffic } = endpoint;
  const connections = traffic && new ConnectionKeeper({ ...context, ...OFFICE }, { migrationId: traffic.route });
  const opening = context.host.source({ ...endpoint, connected: connections?.heard }, signal);
  const source = await opening.catch((error: unknown) => {
    throw signal.aborted ? error : new SourceFailure(problemOf(error), error);
  });
  try {
    return await work(source);
  } finally {
    // What was read is read, however the source takes the farewell.
    await source.close().catch(() => undefined);
    await connections?.settle();
  }
}

async function* telling(signal: AbortSignal, items: AsyncIterable<ListedItem>): AsyncGenerator<ListedItem> {
  try {
    yield* items;
  } catch (error) {
    if (signal.aborted) throw error;
    throw new SourceFailure(problemOf(error), error);
  }
}

/** What may be said of a failed connector: never the name of an item, which may name a patient. */
export function problemOf(error: unknown): Problem {
  if (!isFault(error)) return { code: 'CONNECTOR_DEFECT', reason: 'the connector failed in a way it did not foresee' };
  const { code, message, subject } = error;
  if (subject === undefined || !mentions(message, subject)) return { code, reason: message };
  return { code, reason: `an item at the source is in the way; list it with the connector's own tools (${code})` };
}

function mentions(message: string, subject: string): boolean {
  return message.includes(subject) || message.includes(JSON.stringify(subject).slice(1, -1));
}
