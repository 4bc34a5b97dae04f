import { CA_SETTING } from '@waybill/connector-sdk/tls';
import { z } from 'zod';
import { ACTIONS } from './actions.ts';

const name = z.string().min(1).max(200);

/** The dictionaries of a site, by the name GetDictionary knows them under. Only that of document types is public. */
const dictionaries = z.strictObject({
  documentTypes: name.default('Document_Type_DE'),
  allergens: name.optional(),
  problemStatuses: name.optional(),
  problemSeverities: name.optional(),
  encounterTypes: name.optional(),
});

/** By action, the column of its read-back in which an input comes back, for what no public client shows. */
const readBack = z.partialRecord(z.enum(Object.keys(ACTIONS)), z.record(z.string().min(1), z.string().min(1).max(200)));

export const settings = z
  .strictObject({
    baseUrl: z
      .url({ protocol: /^https$/, error: 'must be an https:// address' })
      .describe('Where UnityService.svc lies, for example https://ehr.example/Unity'),
    appName: name.describe('The name under which the application is registered with Unity.'),
    serviceUser: name.describe('The user of the Unity service licence; its password is the secret servicePassword.'),
    ehrUser: name.describe('The user of the EHR in whose name everything is written; its password is ehrPassword.'),
    zone: z
      .string()
      .refine(isZone, 'must be the IANA name of a time zone, for example America/Chicago')
      .describe('Where the clocks of the server stand; the lineage map has the same zone.'),
    dictionaries: dictionaries.default({ documentTypes: 'Document_Type_DE' }),
    readBack: readBack.default({}),
    timeoutSeconds: z.int().min(1).max(110).default(90).describe('The longest one call may take.'),
    settleSeconds: z
      .int()
      .min(0)
      .max(86_400)
      .default(300)
      .describe('After this long a call whose answer was lost has landed or never will; the site vouches for it.'),
    ca: z
      .string()
      .regex(CA_SETTING, 'must be an absolute path to a PEM file, or PEM text')
      .optional()
      .describe('The authority that vouches for the server; without it, the public ones Node knows.'),
  })
  .superRefine(({ readBack: columns }, context) => {
    for (const [action, inputs] of Object.entries(columns)) {
      for (const input of Object.keys(inputs ?? {})) {
        if (ACTIONS[action]?.inputs[input] !== undefined) continue;
        context.addIssue({ code: 'custom', path: ['readBack', action, input], message: 'is no input of this action' });
      }
    }
  });

export type Settings = z.infer<typeof settings>;

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: zone }).format(0) !== '';
  } catch {
    return false;
  }
}
