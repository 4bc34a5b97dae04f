/** Reads from, and writes documents and records to, an HTTPS API. Its first profile is a FHIR R4 service. */
import { ConnectorError, defineConnector } from '@waybill/connector-sdk';
import { Http } from './http.ts';
import { EXPORT_WAIT_MAX_HOURS, settings, type Settings } from './settings.ts';
import { fhirSource } from './source.ts';
import { fhirTarget } from './target.ts';

/** R4 is 4.0.x. */
const FHIR_VERSION = /^4\.0(\.|$)/;

export default defineConnector<Settings>({
  apiVersion: 1,
  id: 'https-api',
  title: 'HTTPS API (FHIR R4)',
  version: '1.0.0',
  roles: ['source', 'target'],
  config: settings,
  secrets: ['token', 'clientSecret', 'privateKey', 'clientCertificate', 'clientKey'],
  capabilities: {
    resumeRead: false,
    listing: true,
    shapes: ['bytes', 'records'],
    remoteDigest: false,
    transport: 'https',
    concurrencyMax: 8,
    preparationMaxMs: EXPORT_WAIT_MAX_HOURS * 3_600_000,
  },
  check: async (config, context, signal) => {
    const http = await Http.open(config, context);
    try {
      const statement = await http.json<{ readonly fhirVersion?: string }>({ method: 'GET', path: 'metadata', signal });
      const fhirVersion = statement.fhirVersion ?? 'unknown';
      if (!FHIR_VERSION.test(fhirVersion)) {
        throw new ConnectorError('UNSUPPORTED', `${http.base.href} speaks FHIR ${fhirVersion}, not R4 (4.0)`);
      }
      // Metadata is open to everybody; only a search shows whether the token is good.
      const [type = 'DocumentReference'] = config.types ?? [];
      await http.json({ method: 'GET', path: `${type}?_count=1&_elements=id`, signal });
      const { protocol: tls = 'unknown', ...negotiated } = http.negotiated ?? {};
      return { baseUrl: http.base.href, fhirVersion, tls, ...negotiated };
    } finally {
      await http.close();
    }
  },
  openSource: async (config, context) => fhirSource(await Http.open(config, context), context, config),
  openTarget: async (config, context) => fhirTarget(await Http.open(config, context), context, config),
});
