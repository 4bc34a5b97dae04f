/** The setting `ca` for a connector that has no files: what lies in the file that the plan names is handed over. */
import { isAbsolute } from 'node:path';
import { ConnectorError } from '../../sdk/index.ts';
import { authorityOf } from '../../sdk/tls.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const CHARS_MAX = 1024 * 1024;

/** The settings with the text of the certificates in place of their file: keys that lie beside them stay there. */
export async function withAuthority(config: unknown): Promise<unknown> {
  const { ca } = (config ?? {}) as { readonly ca?: unknown };
  if (typeof ca !== 'string' || !isAbsolute(ca)) return config;
  const certificates = (await authorityOf(ca))?.match(CERTIFICATE) ?? [];
  const text = certificates.map((each) => `${each}\n`).join('');
  if (text === '') throw new ConnectorError('CONFIG_INVALID', `ca: the file ${ca} holds no whole certificate`);
  if (text.length > CHARS_MAX) throw new ConnectorError('CONFIG_INVALID', `ca: the file ${ca} holds too much`);
  return { ...(config as object), ca: text };
}
