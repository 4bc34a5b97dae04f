/** Sends HL7 v2 messages to a receiver over MLLP, with TLS or without, and believes only what it acknowledges. */
import { defineConnector } from '@waybill/connector-sdk';
import { Connection } from './connection.ts';
import { settings, type Settings } from './settings.ts';
import { mllpTarget } from './target.ts';

export default defineConnector<Settings>({
  apiVersion: 1,
  id: 'hl7-mllp',
  title: 'HL7 v2 over MLLP',
  version: '1.0.0',
  roles: ['target'],
  config: settings,
  secrets: ['clientCertificate', 'clientKey'],
  capabilities: {
    resumeRead: false,
    readBack: false,
    listing: false,
    shapes: ['bytes'],
    remoteDigest: false,
    transport: 'tcp',
    concurrencyMax: 1,
  },
  check: async (config, context, signal) => {
    const connection = await Connection.open(config, context, signal);
    try {
      await connection.finish();
      const { protocol: tls = 'none', ...negotiated } = connection.negotiated ?? {};
      return { receiver: `${config.host}:${config.port}`, tls, ...negotiated };
    } finally {
      connection.drop();
    }
  },
  openTarget: async (config, context) => mllpTarget(config, context),
});
