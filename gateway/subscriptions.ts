/** Federated subscriptions: subscribes at the subgraph that owns the field, and shares what comes among its viewers. */
import { GraphQLError, isObjectType, Kind } from 'graphql';
import type { Actor } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { brokenPromise } from '../kernel/fault.ts';
import { StreamEnded } from './backlog.ts';
import type { Executor, Prepared } from './executor/executor.ts';
import { errorAt, requestOf, variablesOf } from './executor/fetch.ts';
import type { LoadedSupergraph } from './executor/supergraph.ts';
import type { Variables } from './executor/variables.ts';
import { type Hub, openHub, type Stream, type Viewer } from './hub.ts';
import type { Mask } from './masking.ts';
import type { StreamKind, SubgraphTransport } from './transport.ts';

export interface SubscriptionCounts {
  /** Subscriptions held at subgraphs. */
  readonly upstream: number;
  readonly viewers: number;
  readonly events: number;
}

export interface Subscriptions {
  /** Adds a viewer to the stream of an operation; the function takes it away again. Fails with LIMIT_EXCEEDED. */
  watch(prepared: Prepared, variables: Variables, actor: Actor, viewer: Viewer): () => void;
  kindOf(prepared: Prepared): StreamKind;
  counts(): SubscriptionCounts;
}

interface Parts {
  readonly supergraph: LoadedSupergraph;
  readonly executor: Executor;
  readonly transports: Readonly<Record<string, SubgraphTransport>>;
  readonly mask: Mask;
  readonly clock: Clock;
}

/** The argument by which a client says what it has seen: the mark of a stream that may lose nothing. */
const CURSOR_ARGUMENT = 'since';
/** Different streams at a time: viewers of the same one count once. */
const STREAMS_MAX = 10_000;

export function openSubscriptions(parts: Parts): Subscriptions {
  const hubs = new Map<string, Hub>();
  const live = new Set<Hub>();
  let events = 0;
  const kindOf = (prepared: Prepared): StreamKind => streamKind(parts.supergraph, prepared);
  const open = (key: string, prepared: Prepared, variables: Variables, reader: Actor): Hub => {
    if (live.size >= STREAMS_MAX) throw tooMany();
    const stream = streamOf(parts, prepared, variables, reader, () => {
      events++;
    });
    const hub: Hub = openHub(stream, parts.clock.elapsedMs, () => {
      live.delete(hub);
      if (hubs.get(key) === hub) hubs.delete(key);
    });
    live.add(hub);
    hubs.set(key, hub);
    return hub;
  };
  return {
    kindOf,
    watch(prepared, variables, actor, viewer) {
      const reader = readerOf(actor);
      const key = JSON.stringify([prepared.digest, variables, reader.roles]);
      const known = hubs.get(key);
      const hub = known?.isOpen === true ? known : open(key, prepared, variables, reader);
      return hub.join(viewer);
    },
    counts: () => ({
      upstream: live.size,
      viewers: [...live].reduce((sum, hub) => sum + hub.size, 0),
      events,
    }),
  };
}

function tooMany(): GraphQLError {
  return new GraphQLError('The gateway has as many different streams as it can hold; try again later.', {
    extensions: { code: 'LIMIT_EXCEEDED', retry: 'transient' },
  });
}

/** Who reads at the subgraph for all viewers of the same roles: what they may see depends on nothing else. */
function readerOf({ roles }: Actor): Actor {
  const sorted = [...new Set(roles)].sort();
  return { type: 'service', id: `viewers:${sorted.join('+')}`, roles: sorted };
}

function streamOf(parts: Parts, prepared: Prepared, variables: Variables, reader: Actor, counted: () => void): Stream {
  const { primary } = prepared;
  if (primary === undefined) throw brokenPromise('watching an operation that is not a subscription');
  const kind = streamKind(parts.supergraph, prepared);
  return {
    kind,
    async open() {
      const transport = parts.transports[primary.subgraph];
      if (transport === undefined) throw brokenPromise('a plan names a subgraph that is not there');
      return transport.subscribe(requestOf(primary, variablesOf(primary, variables)), reader, kind);
    },
    async complete(event) {
      counted();
      try {
        const { data, errors } = await parts.executor.event(prepared, event, variables, reader);
        return JSON.stringify(errors ? { data, errors: errors.map(parts.mask) } : { data });
      } catch (error) {
        return JSON.stringify({ data: null, errors: [parts.mask(error)] });
      }
    },
    tell(error) {
      const errors = error instanceof StreamEnded ? error.errors : [error];
      return errors.map((each) =>
        parts.mask(isSubgraphError(each) ? errorAt(each, primary.subgraph, each.path) : each),
      );
    },
  };
}

function isSubgraphError(error: unknown): error is Parameters<typeof errorAt>[0] {
  return typeof error === 'object' && error !== null && 'extensions' in error && 'message' in error;
}

function streamKind({ schema }: LoadedSupergraph, { operation }: Prepared): StreamKind {
  const root = schema.getSubscriptionType();
  const fields = isObjectType(root) ? root.getFields() : {};
  const named = operation.definition.selectionSet.selections.map((selection) =>
    selection.kind === Kind.FIELD ? fields[selection.name.value] : undefined,
  );
  // A root field hidden in a fragment is taken for the kind that loses nothing.
  const isState = named.every((field) => field && !field.args.some(({ name }) => name === CURSOR_ARGUMENT));
  return isState ? 'state' : 'cursor';
}
