/** The house's own keys: made once, kept in <directory>/keys, readable by their owner alone. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../kernel/fault.ts';
import { ROLES, type Role } from '../kernel/actor.ts';
import { generateSigningKey, type Signer, signerOf } from '../kernel/signature.ts';

export interface HouseKeys {
  /** Signs manifests. */
  readonly seal: Signer;
  /** Signs checkpoints of the audit log. */
  readonly log: Signer;
  /** Keys the digests of small records (HMAC). */
  readonly record: Uint8Array;
}

/** Somebody who may sign in: the public half of a key, and the roles the house gives it. */
export interface Identity {
  readonly id: string;
  readonly roles: readonly Role[];
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKey: string;
}

const SECRET_LENGTH_BYTES = 32;
const OWNER_ONLY = 0o600;

/** Opens the keys of the house in `directory`, making those that are not there yet. */
export function openKeys(directory: string): HouseKeys {
  const signer = (name: string): Signer =>
    signerOf(once(directory, `${name}.pem`, () => generateSigningKey().privateKey).toString());
  return { seal: signer('seal'), log: signer('log'), record: secretFile(directory, 'record') };
}

/** 32 secret bytes kept under `name`; the same ones for every process of the house. */
export function secretFile(directory: string, name: string): Uint8Array {
  return Buffer.from(
    once(directory, `${name}.key`, () => randomBytes(SECRET_LENGTH_BYTES).toString('hex')).toString(),
    'hex',
  );
}

/** The registry of identities, by id; empty when there is none yet. Fails with IDENTITIES_INVALID. */
export function readIdentities(directory: string): ReadonlyMap<string, Identity> {
  const path = identitiesPath(directory);
  const text = readIfThere(path)?.toString() ?? '[]';
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw invalid('is not JSON', cause);
  }
  if (!Array.isArray(parsed) || !parsed.every(isIdentity)) {
    throw invalid('must be a list of {id, roles, publicKey}');
  }
  return new Map(parsed.map((identity) => [identity.id, identity]));
}

/** Where the house in `directory` keeps which connector packages were approved, and who may approve. */
export function approvalsIn(directory: string) {
  return {
    lockPath: join(directory, 'plugins.lock'),
    find: (id: string): Identity | undefined => readIdentities(directory).get(id),
  };
}

/** Adds `identity` to the registry. Fails with IDENTITY_EXISTS when the id is taken. */
export function addIdentity(directory: string, identity: Identity): void {
  const known = readIdentities(directory);
  if (known.has(identity.id)) {
    throw new Fault({
      code: 'IDENTITY_EXISTS',
      retry: 'permanent',
      message: `there is an identity ${identity.id} already; choose another name`,
      subject: identity.id,
    });
  }
  const path = identitiesPath(directory);
  mkdirSync(directory, { recursive: true });
  writeDurably(`${path}.new`, `${JSON.stringify([...known.values(), identity], null, 2)}\n`, 'replace');
  renameSync(`${path}.new`, path);
  syncFolder(directory);
}

function identitiesPath(directory: string): string {
  return join(directory, 'identities.json');
}

function isIdentity(value: unknown): value is Identity {
  if (typeof value !== 'object' || value === null) return false;
  const { id, roles, publicKey } = value as Partial<Identity>;
  const known = (role: unknown): boolean => ROLES.includes(role as Role);
  return typeof id === 'string' && Array.isArray(roles) && roles.every(known) && typeof publicKey === 'string';
}

function invalid(why: string, cause?: unknown): Fault {
  return new Fault({ code: 'IDENTITIES_INVALID', retry: 'permanent', message: `identities.json ${why}`, cause });
}

/** The bytes of keys/<name>, made by `make` when it is not there. Two processes that make it agree on one. */
function once(directory: string, name: string, make: () => string): Buffer {
  const folder = join(directory, 'keys');
  const path = join(folder, name);
  const known = readIfThere(path);
  if (known !== undefined) return known;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const fresh = join(folder, `.${name}.${randomBytes(8).toString('hex')}`);
  writeDurably(fresh, make(), 'create');
  try {
    // Unlike rename, link never replaces what is there: whoever comes second reads the first one's key.
    linkSync(fresh, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
  syncFolder(folder);
  return readFileSync(path);
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function writeDurably(path: string, text: string, mode: 'create' | 'replace'): void {
  const file = openSync(path, mode === 'create' ? 'wx' : 'w', OWNER_ONLY);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
