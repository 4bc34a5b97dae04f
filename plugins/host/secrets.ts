/** Secrets are references until a connector is opened: `env:NAME` or `file:/absolute/path`. */
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { Fault } from '../../kernel/fault.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Connector } from '../sdk/index.ts';

const ENVIRONMENT = /^env:([A-Za-z_][A-Za-z0-9_]*)$/;
const SECRET_MAX_BYTES = 64 * 1024;

/** Says what is wrong with the references, without resolving them. */
export function refuseReferences(connector: Connector, references: Readonly<Record<string, string>>): Refusal[] {
  return Object.entries(references).flatMap(([name, reference]) => {
    const field = ['secrets', name];
    if (!connector.secrets.includes(name)) {
      const known = connector.secrets.join(', ') || 'none';
      const message = `${connector.id} uses no secret named ${JSON.stringify(name)}`;
      return [{ code: 'CONFIG_INVALID', message, field, remedy: `use one of: ${known}` }];
    }
    if (typeof reference === 'string' && (ENVIRONMENT.test(reference) || fileOf(reference) !== undefined)) return [];
    const message = `the secret ${name} is not a reference`;
    const remedy = 'write "env:NAME" or "file:/absolute/path"; the secret itself never stands in a plan';
    return [{ code: 'CONFIG_INVALID', message, field, remedy }];
  });
}

/** Looks every reference up. Fails with CONFIG_INVALID, which names the secret and where it was looked for. */
export async function resolveSecrets(
  references: Readonly<Record<string, string>>,
  environment: (name: string) => string | undefined,
): Promise<ReadonlyMap<string, string>> {
  const secrets = new Map<string, string>();
  for (const [name, reference] of Object.entries(references)) {
    secrets.set(name, await resolve(name, reference, environment));
  }
  return secrets;
}

async function resolve(
  name: string,
  reference: string,
  environment: (name: string) => string | undefined,
): Promise<string> {
  const variable = ENVIRONMENT.exec(reference)?.[1];
  if (variable !== undefined) {
    const value = environment(variable);
    if (value === undefined || value === '') throw missing(name, `the environment variable ${variable} is not set`);
    return value;
  }
  const path = fileOf(reference);
  if (path === undefined) throw missing(name, 'its reference is neither "env:NAME" nor "file:/absolute/path"');
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw missing(name, `the file ${path} cannot be read (${error.code ?? error.name})`);
  });
  if (bytes.byteLength > SECRET_MAX_BYTES) throw missing(name, `the file ${path} is too large to be a secret`);
  // Editors end files with a line ending that is no part of a password.
  const value = bytes.toString('utf8').replace(/\r?\n$/, '');
  if (value === '') throw missing(name, `the file ${path} is empty`);
  return value;
}

function fileOf(reference: string): string | undefined {
  const path = reference.startsWith('file:') ? reference.slice('file:'.length) : '';
  return isAbsolute(path) ? path : undefined;
}

function missing(name: string, why: string): Fault {
  return new Fault({ code: 'CONFIG_INVALID', retry: 'permanent', message: `no secret ${name}: ${why}`, subject: name });
}
