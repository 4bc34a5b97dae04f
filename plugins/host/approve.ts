/** Which third-party packages may run: those that two people approved, byte for byte as they were approved. */
import { realpathSync } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { canonicalJson, type Json } from '../../kernel/canonical-json.ts';
import type { Sha256 } from '../../kernel/digest.ts';
import { Fault } from '../../kernel/fault.ts';
import { isSignedBy } from '../../kernel/signature.ts';
import { reportDigest } from './conformance.ts';
import { packageDigest } from '../sdk/conformance/package-digest.ts';

const FORMAT = 1;
const APPROVALS_MIN = 2;
const PRODUCT = realpathSync(join(import.meta.dirname, '..', '..')) + sep;
const INSTALLED = `${sep}node_modules${sep}`;

/** What is approved: this version, these bytes, and what the package says it brings. */
export interface ReviewedPackage {
  readonly name: string;
  readonly version: string;
  /** Of everything in its folder but its dependencies, as `sha256sum` lines; see the SDK's packageDigest. */
  readonly sha256: string;
  /** The manifest's connectors: ids, roles, capabilities. */
  readonly connectors: Json;
  /** Of its conformance.json, which is no part of the files that were tested; left out where it has none. */
  readonly conformance?: Sha256 | undefined;
}

/** A signature (Ed25519, base 64) over the canonical JSON of the reviewed package. */
export interface PackageApproval {
  readonly by: string;
  readonly signature: string;
}

export interface LockedPackage extends ReviewedPackage {
  readonly approvals: readonly PackageApproval[];
}

export interface PluginsLock {
  readonly format: typeof FORMAT;
  readonly packages: readonly LockedPackage[];
}

/** Where approvals lie, and who may give them. */
export interface Approvals {
  readonly lockPath: string;
  /** Somebody the house knows. */
  find(id: string): { readonly publicKey: string; readonly roles: readonly string[] } | undefined;
}

/** The lock; empty when there is none yet. Fails with PLUGINS_LOCK_INVALID. */
export async function readLock(path: string): Promise<PluginsLock> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw invalid(path, `cannot be read (${error.code ?? error.name})`);
  });
  if (text === undefined) return { format: FORMAT, packages: [] };
  try {
    const lock = JSON.parse(text) as PluginsLock;
    if (lock.format === FORMAT && Array.isArray(lock.packages)) return lock;
  } catch (cause) {
    throw invalid(path, 'is not JSON', cause);
  }
  throw invalid(path, `is not of format ${FORMAT}`);
}

/** Replaces the lock, durably and at once. */
export async function saveLock(path: string, lock: PluginsLock): Promise<void> {
  const draft = await open(`${path}.new`, 'w');
  try {
    await draft.writeFile(`${JSON.stringify(lock, undefined, 2)}\n`);
    await draft.sync();
  } finally {
    await draft.close();
  }
  await rename(`${path}.new`, path);
}

/** The package in `folder` as it is now. Fails with CONNECTOR_CHANGED when it holds what cannot be approved. */
export async function reviewed(folder: string): Promise<ReviewedPackage> {
  const packaged = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly name?: string;
    readonly version?: string;
    readonly waybill?: { readonly connectors?: Json };
  };
  const { name = folder, version = '0.0.0', waybill } = packaged;
  const sha256 = await packageDigest(folder).catch((cause: Error) => {
    throw changed(name, cause.message, cause);
  });
  const conformance = await reportDigest(folder);
  return {
    ...{ name, version, sha256, connectors: waybill?.connectors ?? [] },
    ...(conformance !== null && { conformance }),
  };
}

/** What an approval signs. */
export function approvedBytes({ name, version, sha256, connectors, conformance }: ReviewedPackage): Uint8Array {
  return Buffer.from(canonicalJson({ name, version, sha256, connectors, ...(conformance && { conformance }) }));
}

/** Whether a folder, without symlinks, belongs to the product and not to what was installed beside it. */
export function isOfProduct(folder: string): boolean {
  return folder.startsWith(PRODUCT) && !folder.includes(INSTALLED);
}

/**
 * What was approved. Fails with CONNECTOR_NOT_APPROVED or CONNECTOR_CHANGED. Another report of its tests is no change
 * of the package; it is not taken for the one that was approved.
 */
export async function requireApproved(folder: string, approvals: Approvals): Promise<ReviewedPackage> {
  const found = await reviewed(folder);
  const locked = (await readLock(approvals.lockPath)).packages.find(({ name }) => name === found.name);
  if (locked === undefined) throw notApproved(found.name, 'it is not in plugins.lock', 'two people');
  if (canonicalJson(filesOf(found)) !== canonicalJson(filesOf(locked))) {
    const what = found.version === locked.version ? 'its files differ' : `${locked.version} was approved`;
    throw changed(found.name, `what is installed is not what was approved: ${what}`);
  }
  const { by, lacks } = soundApprovals(locked, approvals);
  if (lacks !== undefined) throw notApproved(found.name, `it was approved by ${by.join(' and ') || 'nobody'}`, lacks);
  return locked;
}

/** Who has approved it, by a signature that is good, each once; and who has to besides, where it is not enough. */
export interface SoundApprovals {
  readonly by: readonly string[];
  readonly lacks?: 'another person' | 'an approver' | undefined;
}

export function soundApprovals(locked: LockedPackage, approvals: Approvals): SoundApprovals {
  const bytes = approvedBytes(locked);
  const keys = new Set<string>();
  const sound: string[] = [];
  let hasApprover = false;
  for (const { by, signature } of locked.approvals) {
    const known = approvals.find(by);
    const mayApprove = known?.roles.some((role) => role === 'approver' || role === 'operator') ?? false;
    if (known === undefined || !mayApprove || keys.has(known.publicKey)) continue;
    if (!isSignedBy(known.publicKey, bytes, Buffer.from(signature, 'base64'))) continue;
    keys.add(known.publicKey);
    sound.push(by);
    hasApprover ||= known.roles.includes('approver');
  }
  const lacks = hasApprover ? 'another person' : 'an approver';
  return { by: sound, ...((!hasApprover || sound.length < APPROVALS_MIN) && { lacks }) };
}

function filesOf({ name, version, sha256, connectors }: ReviewedPackage): { readonly [name: string]: Json } {
  return { name, version, sha256, connectors };
}

function notApproved(name: string, why: string, who: string): Fault {
  const remedy = `let ${who} approve it with \`waybill connector approve\`: it takes two, an approver among them`;
  return refusal('CONNECTOR_NOT_APPROVED', name, `${why}; ${remedy}`);
}

function changed(name: string, why: string, cause?: unknown): Fault {
  return refusal('CONNECTOR_CHANGED', name, `${why}; put back what was approved, or approve it anew`, cause);
}

function refusal(code: string, name: string, why: string, cause?: unknown): Fault {
  const message = `the connector package ${name} is not loaded: ${why}`;
  return new Fault({ code, retry: 'permanent', message, subject: name, cause });
}

function invalid(path: string, why: string, cause?: unknown): Fault {
  return new Fault({
    code: 'PLUGINS_LOCK_INVALID',
    retry: 'permanent',
    message: `${path} ${why}`,
    subject: path,
    cause,
  });
}
