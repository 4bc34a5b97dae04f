import { readFile } from 'node:fs/promises';
import { ConnectorError } from '@waybill/connector-sdk';
import { z } from 'zod';

const PEM = /^-----BEGIN CERTIFICATE-----/;

export const settings = z.strictObject({
  baseUrl: z
    .url({ protocol: /^https$/, error: 'must be an https:// address' })
    .describe('Where the FHIR service begins, for example https://ehr.example/fhir'),
  profile: z.literal('fhir-r4'),
  ca: z
    .string()
    .regex(/^(\/|-----BEGIN CERTIFICATE-----)/, 'must be an absolute path to a PEM file, or PEM text')
    .optional()
    .describe('The authority that vouches for the server; without it, the public ones Node knows.'),
});

export type Settings = z.infer<typeof settings>;

/** The PEM text of the authority. Fails with CONFIG_INVALID when the file cannot be read or is no PEM. */
export async function authorityOf({ ca }: Settings): Promise<string | undefined> {
  if (ca === undefined || PEM.test(ca)) return ca;
  const text = await readFile(ca, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConnectorError('CONFIG_INVALID', `ca: the file ${ca} cannot be read (${error.code ?? error.name})`);
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new ConnectorError('CONFIG_INVALID', `ca: the file ${ca} holds no PEM certificate`);
}
