/** Reads from, and writes documents and records to, an HTTPS API: a FHIR R4 service, or any that a plan describes. */
import { ConnectorError, defineConnector, type ConnectorContext } from '@waybill/connector-sdk';
import { conditionalCreateIn, type CapabilityStatement } from './fhir.ts';
import { Http } from './http.ts';
import { Api } from './rest/api.ts';
import { list } from './rest/list.ts';
import { restSource } from './rest/source.ts';
import { restTarget } from './rest/target.ts';
import { EXPORT_WAIT_MAX_HOURS, settings, type FhirSettings, type RestApi, type Settings } from './settings.ts';
import { fhirSource } from './source.ts';
import { fhirTarget } from './target.ts';

/** R4 is 4.0.x. */
const FHIR_VERSION = /^4\.0(\.|$)/;

export default defineConnector<Settings>({
  apiVersion: 1,
  id: 'https-api',
  title: 'HTTPS API (FHIR R4, or as described)',
  version: '1.0.0',
  roles: ['source', 'target'],
  config: settings,
  secrets: ['token', 'clientSecret', 'privateKey', 'clientCertificate', 'clientKey', 'proxyPassword'],
  capabilities: {
    resumeRead: false,
    staging: 'spool',
    listing: true,
    charts: true,
    shapes: ['bytes', 'records'],
    remoteDigest: false,
    transport: 'https',
    concurrencyMax: 16,
    preparationMaxMs: EXPORT_WAIT_MAX_HOURS * 3_600_000,
  },
  check: async (config, context, signal) => {
    const http = await openHttp(config, context);
    try {
      const said =
        config.profile === 'rest' ? await checkRest(http, config, signal) : await checkFhir(http, config, signal);
      const { protocol: tls = 'unknown', ...negotiated } = http.negotiated;
      return { baseUrl: http.base.href, ...said, tls, ...negotiated };
    } finally {
      await http.close();
    }
  },
  openSource: async (config, context) => {
    const http = await openHttp(config, context);
    return config.profile === 'rest' ? restSource(new Api(http, config)) : fhirSource(http, context, config);
  },
  openTarget: async (config, context) => {
    const http = await openHttp(config, context);
    return config.profile === 'rest' ? restTarget(new Api(http, config), context) : fhirTarget(http, context, config);
  },
});

function openHttp(config: Settings, context: ConnectorContext): Promise<Http> {
  const fileOrigins = config.profile === 'fhir-r4' ? config.export?.fileOrigins : undefined;
  return Http.open({ ...config, fileOrigins }, context);
}

async function checkFhir(http: Http, { types, ...config }: FhirSettings, signal: AbortSignal) {
  const statement = await http.json<CapabilityStatement>({ method: 'GET', path: 'metadata', signal });
  const fhirVersion = statement.fhirVersion ?? 'unknown';
  if (!FHIR_VERSION.test(fhirVersion)) {
    throw new ConnectorError('UNSUPPORTED', `${http.base.href} speaks FHIR ${fhirVersion}, not R4 (4.0)`);
  }
  // Metadata is open to everybody; only a search shows whether the token is good. Not all that export can search.
  const [type = 'DocumentReference'] = types ?? [];
  const expected = config.export === undefined ? [] : [400, 404, 405, 501];
  const ask = { method: 'GET', path: `${type}?_count=1&_elements=id`, expected, signal } as const;
  const { body } = await http.ask(ask);
  await http.text(ask, body);
  return { fhirVersion, conditionalCreate: conditionalCreateIn(statement) };
}

/** The first page of its list shows whether the token is good, and the description too. */
async function checkRest(http: Http, config: RestApi, signal: AbortSignal) {
  for await (const _ of list(new Api(http, config), signal)) break;
  return {};
}
