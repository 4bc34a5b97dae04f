/** Secrets are references until a connector is opened: each opening looks them up anew, so that they may be rotated. */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { Fault } from '../../kernel/fault.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Connector } from '../sdk/index.ts';
import { parseReference, REFERENCE_FORMS, type SecretReference } from './references.ts';
import { type Environment, readVault } from './vault.ts';

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
    if (typeof reference === 'string' && parseReference(reference) !== undefined) return [];
    const message = `the secret ${name} is not a reference`;
    const remedy = `write ${REFERENCE_FORMS}; the secret itself never stands in a plan`;
    return [{ code: 'CONFIG_INVALID', message, field, remedy }];
  });
}

/** Looks every reference up. Fails with CONFIG_INVALID, which names the secret and where it was looked for. */
export async function resolveSecrets(
  references: Readonly<Record<string, string>>,
  environment: Environment,
): Promise<ReadonlyMap<string, string>> {
  const secrets = new Map<string, string>();
  for (const [name, text] of Object.entries(references)) {
    const reference = parseReference(text);
    if (reference === undefined) throw missing(name, `its reference is none of ${REFERENCE_FORMS}`);
    secrets.set(name, await resolve(name, reference, environment));
  }
  return secrets;
}

async function resolve(name: string, reference: SecretReference, environment: Environment): Promise<string> {
  switch (reference.kind) {
    case 'env': {
      const value = environment(reference.variable);
      if (value === undefined || value === '') {
        throw missing(name, `the environment variable ${reference.variable} is not set`);
      }
      return value;
    }
    case 'file':
      return contentOf(name, reference.path);
    case 'credential': {
      const folder = environment('CREDENTIALS_DIRECTORY') ?? '';
      if (isAbsolute(folder)) return contentOf(name, join(folder, reference.name));
      throw missing(name, 'CREDENTIALS_DIRECTORY is not set; name it with LoadCredential= in the unit of the service');
    }
    case 'vault':
      return readVault(reference, environment);
    default:
      return reference satisfies never;
  }
}

async function contentOf(name: string, path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw missing(name, `the file ${path} cannot be read (${error.code ?? error.name})`);
  });
  if (bytes.byteLength > SECRET_MAX_BYTES) throw missing(name, `the file ${path} is too large to be a secret`);
  // Editors end files with a line ending that is no part of a password.
  const value = bytes.toString('utf8').replace(/\r?\n$/, '');
  if (value === '') throw missing(name, `the file ${path} is empty`);
  return value;
}

function missing(name: string, why: string): Fault {
  return new Fault({ code: 'CONFIG_INVALID', retry: 'permanent', message: `no secret ${name}: ${why}`, subject: name });
}
