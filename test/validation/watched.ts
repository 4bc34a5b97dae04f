/** A house that says what it is about to do, so that a test can count its calls or make one of them its last. */
import type { House } from '../../subgraphs/validation/work/house.ts';

/** Says before every call of the store, the strongroom and the target that it is about to be made. */
export function watched(house: House, at: () => void): House {
  const { store, strongroom: room, host } = house;
  return {
    ...house,
    store: {
      subgraph: store.subgraph,
      read: async (work) => {
        at();
        return store.read(work);
      },
      transact: async (work) => {
        at();
        const result = await store.transact(async (unit) => {
          const worked = await work(unit);
          at();
          return worked;
        });
        at();
        return result;
      },
    },
    strongroom: {
      ...room,
      put: async (bytes) => {
        at();
        return room.put(bytes);
      },
      locate: async (digest) => {
        at();
        return room.locate(digest);
      },
    },
    host: {
      ...host,
      capabilities: (id) => host.capabilities(id),
      target: async (endpoint, signal) => {
        at();
        const target = await host.target(endpoint, signal);
        return {
          ...target,
          async *read(...given) {
            at();
            yield* target.read(...given);
          },
          listing: target.listing && {
            async *items(signal) {
              at();
              yield* target.listing?.items(signal) ?? [];
            },
            async *records(type, signal) {
              at();
              yield* target.listing?.records(type, signal) ?? [];
            },
            async *chart(...given) {
              at();
              yield* target.listing?.chart?.(...given) ?? [];
            },
          },
        };
      },
    } as House['host'],
  };
}
