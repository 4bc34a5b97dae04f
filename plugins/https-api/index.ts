/** Writes documents and records to an HTTPS API. Its first profile is a FHIR R4 service. */
import { ConnectorError, defineConnector } from '@waybill/connector-sdk';
import { Http } from './http.ts';
import { settings, type Settings } from './settings.ts';
import { fhirTarget } from './target.ts';

/** R4 is 4.0.x. */
const FHIR_VERSION = /^4\.0(\.|$)/;

export default defineConnector<Settings>({
  apiVersion: 1,
  id: 'https-api',
  title: 'HTTPS API (FHIR R4)',
  version: '1.0.0',
  roles: ['target'],
  config: settings,
  secrets: ['token'],
  capabilities: {
    resumeRead: false,
    listing: true,
    shapes: ['bytes', 'records'],
    remoteDigest: false,
    concurrencyMax: 8,
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
      await http.json({ method: 'GET', path: 'DocumentReference?_count=1&_elements=id', signal });
      const { protocol = 'unknown', cipher = 'unknown', certificate = 'unknown' } = http.negotiated ?? {};
      return { baseUrl: http.base.href, fhirVersion, tls: protocol, cipher, certificate };
    } finally {
      await http.close();
    }
  },
  openTarget: async (config, context) => fhirTarget(await Http.open(config, context), context),
});
