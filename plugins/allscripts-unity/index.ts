/** Writes charts to Allscripts (Veradigm, Altera TouchWorks) Unity, one call a record, and reads back what it can. */
import { defineConnector } from '@waybill/connector-sdk';
import { authorityOf } from '@waybill/connector-sdk/tls';
import { Chart } from './chart.ts';
import { Dictionaries } from './dictionaries.ts';
import { Session } from './session.ts';
import { settings, type Settings } from './settings.ts';
import { unityTarget } from './target.ts';
import { Wire } from './wire.ts';
import type { ConnectorContext } from '@waybill/connector-sdk';

async function sessionOf(config: Settings, context: ConnectorContext): Promise<Session> {
  const ca = await authorityOf(config.ca);
  const wire = new Wire({ baseUrl: config.baseUrl, ca, context, timeoutMs: config.timeoutSeconds * 1000 });
  return new Session(wire, config, context);
}

export default defineConnector<Settings>({
  apiVersion: 1,
  id: 'allscripts-unity',
  title: 'Allscripts Unity (Veradigm, Altera TouchWorks)',
  version: '1.0.0',
  roles: ['target'],
  config: settings,
  secrets: ['servicePassword', 'ehrPassword'],
  capabilities: {
    resumeRead: false,
    staging: 'spool',
    listing: false,
    shapes: ['records'],
    remoteDigest: false,
    concurrencyMax: 4,
    transport: 'https',
  },
  check: async (config, context, signal) => {
    const session = await sessionOf(config, context);
    try {
      const { facts, clockSkewSeconds } = await session.server(signal);
      const now = (): Date => context.now();
      const sizes = await new Dictionaries(session, config, now).sizes(signal);
      const withheld = Object.entries(new Chart(session, config, now).withheld());
      const { protocol: tls = 'unknown', ...negotiated } = session.wire.negotiated ?? {};
      const skew = clockSkewSeconds === undefined ? 'unknown' : String(clockSkewSeconds);
      return {
        ...{ baseUrl: session.wire.base.href, ...facts, clockSkewSeconds: skew, tls, ...negotiated },
        dictionaries: Object.entries(sizes)
          .map(([name, size]) => `${name} ${size}`)
          .join(', '),
        notGivenBack: withheld.flatMap(([name, inputs]) => inputs.map((input) => `${name}.${input}`)).join(', '),
      };
    } finally {
      await session.close();
    }
  },
  openTarget: async (config, context) => unityTarget(await sessionOf(config, context), config, context),
});
