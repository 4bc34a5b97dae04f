/** Identical reads that are on their way at the same time are made once: same subgraph, text, variables and reader. */
import type { Actor } from '../kernel/actor.ts';
import { copyOf } from './executor/tree.ts';
import type { SubgraphAnswer, SubgraphTransport } from './transport.ts';

interface Flight {
  readonly answer: Promise<SubgraphAnswer>;
  passengers: number;
}

/** Reads under way beyond this many are not compared any more. */
const FLIGHTS_MAX = 10_000;

/** Wraps `transport`; `shared` is called for every read that was spared. */
export function deduplicated(transport: SubgraphTransport, shared: () => void): SubgraphTransport {
  const flights = new Map<string, Flight>();
  return {
    execute(request, actor) {
      if (request.kind !== 'query') return transport.execute(request, actor);
      const key = `${readerOf(actor)}\n${request.body}`;
      const known = flights.get(key);
      if (known !== undefined) {
        known.passengers++;
        shared();
        return known.answer.then(copyOf);
      }
      if (flights.size >= FLIGHTS_MAX) return transport.execute(request, actor);
      const answer = transport.execute(request, actor).finally(() => flights.delete(key));
      const flight: Flight = { answer, passengers: 0 };
      flights.set(key, flight);
      // Answers are built by changing what was fetched, so whoever shares one takes a copy.
      return answer.then((given) => (flight.passengers > 0 ? copyOf(given) : given));
    },
    subscribe: (request, actor, stream) => transport.subscribe(request, actor, stream),
    isReachable: () => transport.isReachable(),
    dropped: () => transport.dropped(),
    close: () => transport.close(),
  };
}

function readerOf(actor: Actor | undefined): string {
  return actor === undefined ? '' : JSON.stringify([actor.type, actor.id, [...actor.roles].sort()]);
}
