/** The target, over a connection of our own; and what it gives back of a parcel of bytes. */
import { type Json, parseJson } from '../../../kernel/canonical-json.ts';
import { RunningDigest, type Sha256 } from '../../../kernel/digest.ts';
import { isFault } from '../../../kernel/fault.ts';
import type { ConnectorHost } from '../../../plugins/host/index.ts';
import { announcer } from '../../../runtime/announce.ts';
import { ConnectionKeeper } from '../../../runtime/connections.ts';
import { notCanonical } from '../../../records/leaves.ts';
import type { Acknowledgement, ReadBack } from '../domain/disposition.ts';
import type { DatasetPlan, ReadBackPlan } from '../domain/plan.ts';
import type { House } from './house.ts';
import { VALIDATION } from './raise.ts';

export type Target = Awaited<ReturnType<ConnectorHost['target']>>;

/** Whoever opens it closes it. How it was reached is kept by then. */
export async function openTarget(
  house: House,
  { target, traffic }: ReadBackPlan,
  signal: AbortSignal,
): Promise<Target> {
  const connections = new ConnectionKeeper({ ...house, ...OFFICE }, { migrationId: traffic.route });
  const opened = await house.host.target({ ...target, traffic, connected: connections.heard }, signal);
  return { ...opened, close: () => opened.close().finally(() => connections.settle()) };
}

const OFFICE = { announcer: announcer('validation', VALIDATION), type: 'validation.connected.v1' } as const;

/** Opens the target, hands it to `work`, and closes it again. */
export async function withTarget<T>(
  house: House,
  plan: ReadBackPlan,
  signal: AbortSignal,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const target = await openTarget(house, plan, signal);
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}

/** How records of these types are read back, and what of them the target gives nothing back of. */
export function readBackOf(target: Target, plan: DatasetPlan, types: readonly string[]): ReadBack {
  return {
    credentials: plan.credentials,
    records: target.listing === undefined ? 'by-receipt' : 'listed',
    decimals: target.decimals ?? 'kept',
    charts: target.listing?.chart === undefined ? 'not-shown' : 'shown',
    withheld: types.flatMap((type) => (target.withheld?.[type] ?? []).map((field) => `${type}.${field}`)),
  };
}

/** Why one thing at the target cannot be read: it is gone, or the target will not give it. */
export interface NotGiven {
  /** `kept`: it is none of the target's abilities to give it back. */
  readonly kind: 'missing' | 'unreadable' | 'kept';
  readonly code: string;
}

/** The target's word on one thing. What concerns the whole connection is thrown again: then nothing can be said. */
export function notGiven(error: unknown): NotGiven {
  if (!isFault(error)) throw error;
  if (error.code === 'ITEM_NOT_FOUND') return { kind: 'missing', code: error.code };
  if (error.code === 'NOT_READABLE') return { kind: 'kept', code: error.code };
  if (UNREADABLE.includes(error.code)) return { kind: 'unreadable', code: error.code };
  throw error;
}

const UNREADABLE = ['ACCESS_DENIED', 'ITEM_REFUSED', 'ITEM_CHANGED', 'PATH_REFUSED', 'UNSUPPORTED', 'STREAM_TRUNCATED'];

export type BytesArrived = { readonly kind: 'read'; readonly sizeBytes: number; readonly sha256: Sha256 } | NotGiven;

/** Streams back what lies under `targetId` and digests it. */
export async function readBytes(target: Target, targetId: string, signal: AbortSignal): Promise<BytesArrived> {
  const digest = new RunningDigest();
  try {
    for await (const chunk of target.scan(targetId, 0, signal)) digest.update(chunk);
  } catch (error) {
    return notGiven(error);
  }
  return { kind: 'read', sizeBytes: digest.sizeBytes, sha256: digest.value() };
}

/** What the receiver says by now of what lies under `targetId`; null where none is asked. */
export async function askReceiver(
  target: Target,
  targetId: string,
  signal: AbortSignal,
): Promise<Acknowledgement | null> {
  return (await target.acknowledgement?.(targetId, signal)) ?? null;
}

/** Whether there is something under `targetId` and it ends where it ought to: its last byte is all that is read. */
export async function lookAtEnd(
  target: Target,
  targetId: string,
  sizeBytes: number,
  signal: AbortSignal,
): Promise<'as-long' | 'unlike'> {
  let beyond = 0;
  try {
    for await (const chunk of target.scan(targetId, Math.max(0, sizeBytes - 1), signal)) {
      beyond += chunk.byteLength;
      if (beyond > 1) break;
    }
  } catch (error) {
    // Reading all of it will tell what is wrong.
    if (isFault(error)) return 'unlike';
    throw error;
  }
  return beyond === Math.min(1, sizeBytes) ? 'as-long' : 'unlike';
}

/** Whether `sha256` is the digest of the first `sizeBytes` of the original: then the target cut it off. */
export async function isPrefix(
  original: AsyncIterable<Uint8Array>,
  sizeBytes: number,
  sha256: Sha256,
): Promise<boolean> {
  const digest = new RunningDigest();
  for await (const chunk of original) {
    digest.update(chunk.subarray(0, sizeBytes - digest.sizeBytes));
    if (digest.sizeBytes === sizeBytes) break;
  }
  return digest.sizeBytes === sizeBytes && digest.value() === sha256;
}

/** The largest record that is read back and compared. */
const RECORD_BYTES_MAX = 64 * 1024 * 1024;

/** A record's content, `undefined` where it is not JSON or too large to be compared. */
export function parseRecord(content: Uint8Array): Json | undefined {
  if (content.byteLength > RECORD_BYTES_MAX) return undefined;
  try {
    const value = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(content));
    return notCanonical(value) === undefined ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads one record back by the id the target gave it. */
export async function readRecord(
  target: Target,
  targetId: string,
  signal: AbortSignal,
): Promise<{ readonly kind: 'read'; readonly resource: Json } | NotGiven> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of target.read(targetId, 0, signal)) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > RECORD_BYTES_MAX) return { kind: 'unreadable', code: 'RECORD_TOO_LARGE' };
      chunks.push(chunk);
    }
  } catch (error) {
    return notGiven(error);
  }
  const resource = parseRecord(Buffer.concat(chunks));
  return resource === undefined ? { kind: 'unreadable', code: 'RECORD_NOT_JSON' } : { kind: 'read', resource };
}
