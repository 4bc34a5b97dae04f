/** A context whose store and connectors say what they are about to do, so that a test can count, stop or kill. */
import type { Store } from '../../runtime/store.ts';
import type { TransferContext } from '../../subgraphs/transfer/work/context.ts';

export function watchedContext(context: TransferContext, at: (call: string) => void): TransferContext {
  return { ...context, store: watchedStore(context.store, at), host: watchedHost(context.host, at) };
}

function watchedStore(store: Store, at: (call: string) => void): Store {
  return {
    subgraph: store.subgraph,
    async read(work) {
      at('store.read');
      return store.read(work);
    },
    async transact(work) {
      at('store.transact before');
      const result = await store.transact(async (unit) => {
        const worked = await work(unit);
        at('store.transact inside');
        return worked;
      });
      at('store.transact after');
      return result;
    },
  };
}

type Host = TransferContext['host'];
type Target = Awaited<ReturnType<Host['target']>>;

function watchedHost(host: Host, at: (call: string) => void): Host {
  return {
    async source(endpoint, signal) {
      at('source.open');
      const source = await host.source(endpoint, signal);
      return {
        ...source,
        async *read(path, offsetBytes, inner) {
          at('source.read before');
          yield* source.read(path, offsetBytes, inner);
          at('source.read after');
        },
      };
    },
    async target(endpoint, signal) {
      at('target.open');
      const target = await host.target(endpoint, signal);
      const around = <K extends 'stat' | 'stage' | 'commit' | 'discard'>(name: K): Target[K] =>
        (async (...given: never[]) => {
          at(`target.${name} before`);
          const result = await (target[name] as (...all: never[]) => Promise<unknown>)(...given);
          at(`target.${name} after`);
          return result;
        }) as unknown as Target[K];
      return {
        ...target,
        stat: around('stat'),
        stage: around('stage'),
        commit: around('commit'),
        discard: around('discard'),
      };
    },
  };
}
