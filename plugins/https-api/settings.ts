import { CA_SETTING, OLDER_SUITES } from '@waybill/connector-sdk/tls';
import { z } from 'zod';
import { exactly } from './exactly.ts';
import { incoherence, REST } from './rest/settings.ts';

const HTTPS = { protocol: /^https$/, error: 'must be an https:// address' } as const;
/** A source may prepare its listing so long. */
export const EXPORT_WAIT_MAX_HOURS = 72;
const PIN = /^sha256\/[A-Za-z0-9+/]{43}=$/;
const NAME = z.string().min(1).max(500);

const oauth = {
  tokenUrl: z.url(HTTPS).describe('The token endpoint; it is vouched for by the same authority.'),
  clientId: NAME,
  scope: NAME.optional().describe('For example system/*.rs; left out, the service decides.'),
};

const auth = z.discriminatedUnion('type', [
  exactly({ type: z.literal('client-credentials'), ...oauth }).describe('Needs the secret clientSecret.'),
  exactly({
    type: z.literal('smart-backend'),
    ...oauth,
    keyId: NAME.describe('The kid under which the service knows the public key.'),
    algorithm: z.enum(['ES384', 'RS384']),
  }).describe('SMART Backend Services; needs the secret privateKey (PKCS #8, PEM).'),
]);

const bulk = exactly({
  level: z.enum(['system', 'patient', 'group']).describe('Everything, all patients, or the patients of a group.'),
  group: z
    .string()
    .regex(/^[A-Za-z0-9\-.]{1,64}$/, 'must be the id of a Group')
    .optional()
    .describe('Belongs to the level group.'),
  since: z.iso.datetime({ offset: true }).optional().describe('Only what changed since then (_since).'),
  typeFilter: z.array(NAME).min(1).max(50).optional().describe('Queries such as Observation?status=final.'),
  waitHours: z
    .number()
    .int()
    .min(1)
    .max(EXPORT_WAIT_MAX_HOURS)
    .optional()
    .describe('How long the service may prepare the export; 24 when left out.'),
  fileOrigins: z
    .array(z.url(HTTPS))
    .max(10)
    .optional()
    .describe('Other origins its files may lie at; they are asked without the token.'),
}).refine((it) => (it.level === 'group') === (it.group !== undefined), {
  path: ['group'],
  error: 'belongs to the level group, and only to it',
});

/** How a token is asked for. */
export type Auth = z.infer<typeof auth>;

const connection = {
  baseUrl: z.url(HTTPS).describe('Where the service begins, for example https://ehr.example/fhir'),
  ca: z
    .string()
    .regex(CA_SETTING, 'must be an absolute path to a PEM file, or PEM text')
    .optional()
    .describe('The authority that vouches for the server; without it, the public ones Node knows.'),
  pins: z
    .array(z.string().regex(PIN, 'must be sha256/ and the digest of a public key in base64'))
    .min(1)
    .max(10)
    .optional()
    .describe('The public keys the server may show, as a check names them; beside the authority, not instead of it.'),
  olderAlgorithms: exactly({
    allowed: z.array(z.enum(OLDER_SUITES)).min(1).max(OLDER_SUITES.length),
    until: z.iso.datetime({ offset: true, error: 'must be an instant with its offset' }),
  })
    .optional()
    .describe('Suites that a service without an approved one may use, and until when. The policy has to accept it.'),
  proxy: exactly({
    url: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }),
    user: NAME.optional().describe('Goes with the secret proxyPassword.'),
  })
    .optional()
    .describe('A proxy that tunnels (CONNECT); TLS is spoken with the service all the same.'),
  auth: auth
    .optional()
    .describe('How to get an access token; without it the secret token is sent, where there is one.'),
};

const fhir = exactly({
  profile: z.literal('fhir-r4'),
  ...connection,
  decimals: z
    .enum(['kept', 'normalised'])
    .optional()
    .describe('normalised: the service is known to give 1.010 back as 1.01; left out, that is a loss of precision.'),
  types: z
    .array(z.string().regex(/^[A-Z][A-Za-z]{1,63}$/, 'must be a FHIR resource type'))
    .min(1)
    .max(200)
    .optional()
    .describe('The resource types a source reads.'),
  attachments: z
    .literal('items')
    .optional()
    .describe('What the resources of a source point to are items too; left out, only the resources are.'),
  export: bulk.optional().describe('A source reads by Bulk Data $export; left out, it reads by search.'),
});

const rest = exactly({ profile: z.literal('rest'), ...connection, ...REST }).superRefine((it, context) => {
  const problem = incoherence(it);
  if (problem !== undefined) context.addIssue({ code: 'custom', path: [...problem.path], message: problem.message });
});

export const settings = z.discriminatedUnion('profile', [fhir, rest]);

export type FhirSettings = z.infer<typeof fhir>;
export type RestApi = z.infer<typeof rest>;
export type Settings = FhirSettings | RestApi;

/** What it takes to reach a service and to be let in. */
export type Connection = Pick<FhirSettings, 'baseUrl' | 'ca' | 'pins' | 'olderAlgorithms' | 'proxy' | 'auth'> & {
  readonly tokenHeader?: string | undefined;
  readonly fileOrigins?: readonly string[] | undefined;
};
