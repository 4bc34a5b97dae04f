/** What was sent to us, as a source: messages in a folder, of which each was acknowledged. */
import type { ConnectorContext, Source } from '@waybill/connector-sdk';
import { Listener } from './listener.ts';
import type { Settings } from './settings.ts';
import { MessageStore } from './store.ts';

export async function mllpSource(config: Settings, context: ConnectorContext): Promise<Source> {
  const store = await MessageStore.open(config.folder);
  const listener = await Listener.open(config, store, context);
  // Whoever holds the port is the only one that writes.
  if (listener !== undefined) await store.forgetHalves();
  if (listener === undefined) context.log('mllp-listens-elsewhere', { port: config.port });
  return {
    async *list(signal) {
      if (config.quietSeconds > 0) await listener?.quiet(config.quietSeconds * 1000, signal);
      yield* store.list(signal);
    },
    read: (path, offsetBytes, signal) => store.read(path, offsetBytes, signal),
    close: async () => listener?.close(),
  };
}
