/** Where a secret is found. The text stands in plans; the secret itself never does. */
import { isAbsolute } from 'node:path';

export type SecretReference =
  | { readonly kind: 'env'; readonly variable: string }
  /** An absolute path. */
  | { readonly kind: 'file'; readonly path: string }
  /** A credential the service manager hands over: a file of that name in `$CREDENTIALS_DIRECTORY` (systemd.exec(5)). */
  | { readonly kind: 'credential'; readonly name: string }
  /** A field of a secret in the KV engine, version 2, of a Vault. */
  | VaultReference;

export interface VaultReference {
  readonly kind: 'vault';
  readonly mount: string;
  readonly path: string;
  readonly field: string;
}

/** What a reference may be, for people. */
export const REFERENCE_FORMS =
  '"env:NAME", "file:/absolute/path", "credential:NAME" or "vault:mount/path/of/secret#field"';

const ENVIRONMENT = /^env:([A-Za-z_][A-Za-z0-9_]*)$/;
const CREDENTIAL = /^credential:([A-Za-z0-9_][A-Za-z0-9_.-]{0,254})$/;
const VAULT =
  /^vault:([A-Za-z0-9_-]{1,100})((?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}){1,20})#([A-Za-z0-9_][A-Za-z0-9_.-]{0,99})$/;
const FILE = 'file:';

/** `undefined` when the text is no reference. */
export function parseReference(text: string): SecretReference | undefined {
  const variable = ENVIRONMENT.exec(text)?.[1];
  if (variable !== undefined) return { kind: 'env', variable };
  const name = CREDENTIAL.exec(text)?.[1];
  if (name !== undefined) return { kind: 'credential', name };
  const [, mount, path, field] = VAULT.exec(text) ?? [];
  if (mount !== undefined && path !== undefined && field !== undefined) {
    return { kind: 'vault', mount, path: path.slice(1), field };
  }
  const file = text.startsWith(FILE) ? text.slice(FILE.length) : '';
  return isAbsolute(file) ? { kind: 'file', path: file } : undefined;
}
