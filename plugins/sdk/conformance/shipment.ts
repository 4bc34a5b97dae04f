/** What is sent when something fails, and whether it is there afterwards, whole and once. */
import type { Parcel, Receipt, Target } from '../target.ts';
import { requireOnly } from './committing.ts';
import { equal, holds, joined, sameBytes, utf8 } from './expect.ts';
import { never } from './perform.ts';
import { formOf, recordsParcel } from './recording.ts';
import { bytesParcel } from './samples.ts';
import type { Stage } from './scenario.ts';

const SENT = utf8('sent once');

export interface Shipment {
  readonly parcel: Parcel;
  readonly body: Uint8Array;
}

/** A parcel of the shape that can be delivered twice by accident: records where it takes them. */
export function shipmentFor({ connector, harness }: Stage): Shipment {
  if (connector.capabilities.shapes.includes('records')) return recordsParcel(harness, 'p1', ['k1', 'k2']);
  return { parcel: bytesParcel('sent.txt', SENT), body: SENT };
}

export async function requireThere(
  stage: Stage,
  target: Target,
  parcel: Parcel,
  receipt: Receipt,
  body: Uint8Array,
): Promise<void> {
  if (parcel.shape === 'bytes') {
    sameBytes(await joined(target.read(receipt.targetId, 0, never())), body, parcel.path);
    return requireOnly(stage, target, [parcel.path]);
  }
  const keys: (string | undefined)[] = [];
  for (const { key, targetId } of receipt.parts ?? []) {
    holds((await joined(target.read(targetId, 0, never()))).byteLength > 0, `${targetId} is empty`);
    keys.push(key);
  }
  equal(keys, ['k1', 'k2'], 'the crosswalk');
  const listed: (string | undefined)[] = [];
  for await (const { key } of target.listing?.records(formOf(stage.harness).type, never()) ?? []) listed.push(key);
  if (target.listing !== undefined) equal(listed.sort(), ['k1', 'k2'], 'listed');
}

/** Whether what was read back holds everything that was sent: as bytes, or member by member of the last record. */
export function saysAll(read: Uint8Array, sent: Uint8Array): boolean {
  const [found, wanted] = [read, sent].map((bytes) => new TextDecoder().decode(bytes));
  if (found === wanted || !wanted?.includes('"resourceType"')) return found === wanted;
  const members = parsed(found ?? '');
  const last = JSON.parse(wanted.trim().split('\n').at(-1) ?? '{}') as object;
  return Object.entries(last).every(([name, value]) => JSON.stringify(members[name]) === JSON.stringify(value));
}

/** Nothing where it is no JSON. */
function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

export function targetOf({ targetId, parts }: Receipt): string {
  return parts?.at(-1)?.targetId ?? targetId;
}
