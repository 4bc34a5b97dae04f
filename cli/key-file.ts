/** Local identities: a key file holds who somebody is and the private key that proves it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createPublicKey } from 'node:crypto';
import { ROLES, type Actor, type Role } from '../kernel/actor.ts';
import { Fault } from '../kernel/fault.ts';
import { generateSigningKey } from '../kernel/signature.ts';
import { addIdentity, readIdentities } from '../runtime/keys.ts';

export interface KeyFile {
  readonly id: string;
  readonly roles: readonly Role[];
  /** PEM, PKCS #8 and SubjectPublicKeyInfo. */
  readonly privateKey: string;
  readonly publicKey: string;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** Makes an identity and writes its key file, readable by its owner alone. Never replaces a file. */
export function createKeyFile(id: string, roles: readonly Role[], path: string): KeyFile {
  if (!NAME.test(id))
    throw invalid(path, 'a name has up to 64 letters, digits and . _ @ -, and starts with a letter or digit');
  const made: KeyFile = { id, roles, ...generateSigningKey() };
  try {
    writeFileSync(path, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw invalid(
      path,
      isThere ? 'the file is there already; choose another name' : 'the file cannot be written',
      cause,
    );
  }
  return made;
}

/** Reads a key file. Fails with KEY_FILE_INVALID. */
export function readKeyFile(path: string): KeyFile {
  let parsed: Partial<KeyFile>;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8')) as Partial<KeyFile>;
  } catch (cause) {
    throw invalid(path, 'it cannot be read as a key file; make one with `waybill identity create`', cause);
  }
  const { id, roles, privateKey, publicKey } = parsed;
  if (typeof id !== 'string' || !Array.isArray(roles) || !roles.every(isRole) || typeof privateKey !== 'string')
    throw invalid(path, 'it is not a key file; make one with `waybill identity create`');
  const derived = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  if (publicKey !== derived) throw invalid(path, 'its two halves do not belong together');
  return { id, roles, privateKey, publicKey };
}

/** Makes the identity known to the house in `directory`. The id keeps its key: another key under it is refused. */
export function admit(directory: string, keyFile: KeyFile): Actor {
  const known = readIdentities(directory).get(keyFile.id);
  if (!known) addIdentity(directory, { id: keyFile.id, roles: keyFile.roles, publicKey: keyFile.publicKey });
  else if (known.publicKey !== keyFile.publicKey)
    throw invalid(keyFile.id, 'the house knows this name with another key; use that key or another name');
  return { type: 'user', id: keyFile.id, roles: known?.roles ?? keyFile.roles };
}

function invalid(subject: string, message: string, cause?: unknown): Fault {
  return new Fault({ code: 'KEY_FILE_INVALID', retry: 'permanent', message, subject, cause });
}
