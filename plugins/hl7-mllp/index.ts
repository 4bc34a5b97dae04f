/** HL7 v2 over MLLP: sends messages and believes only what is acknowledged; takes messages in and stores them first. */
import { type ConnectorContext, defineConnector } from '@waybill/connector-sdk';
import { Connection } from './connection.ts';
import { LISTEN_MAX_MS } from './limits.ts';
import { Listener } from './listener.ts';
import { settings, type Settings } from './settings.ts';
import { mllpSource } from './source.ts';
import { MessageStore } from './store.ts';
import { mllpTarget } from './target.ts';

export default defineConnector<Settings>({
  apiVersion: 1,
  id: 'hl7-mllp',
  title: 'HL7 v2 over MLLP',
  version: '1.0.0',
  roles: ['source', 'target'],
  config: settings,
  secrets: ['clientCertificate', 'clientKey', 'serverCertificate', 'serverKey'],
  capabilities: {
    resumeRead: true,
    staging: 'spool',
    preparationMaxMs: LISTEN_MAX_MS,
    readBack: false,
    listing: false,
    shapes: ['bytes'],
    remoteDigest: false,
    transport: 'tcp',
    concurrencyMax: 1,
  },
  check: async (config, context, signal) => {
    if (config.folder !== undefined) return checkListening(config, context);
    const connection = await Connection.open(config, context, signal);
    try {
      await connection.finish();
      const { protocol: tls = 'none', ...negotiated } = connection.negotiated ?? {};
      const older = connection.olderSuite === undefined ? {} : { olderAlgorithms: connection.olderSuite };
      return { receiver: `${config.host}:${config.port}`, tls, ...negotiated, ...older };
    } finally {
      connection.drop();
    }
  },
  openSource: async (config, context) => mllpSource(config, context),
  openTarget: async (config, context) => mllpTarget(config, context),
});

/** Opens as a source does, and closes again. */
async function checkListening(config: Settings, context: ConnectorContext): Promise<Readonly<Record<string, string>>> {
  const { host, port, tls } = config;
  const store = await MessageStore.open(config.folder);
  const listener = await Listener.open(config, store, context);
  await listener?.close();
  return { listener: `${host}:${port}`, tls, port: listener === undefined ? 'taken' : 'free' };
}
