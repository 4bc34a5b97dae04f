import { createHash } from 'node:crypto';
import {
  ConnectorError,
  parseKeepingDigits,
  requireSafePath,
  SOURCE_SYSTEM,
  sourceKeyOf,
} from '@waybill/connector-sdk';
import type { Parcel, Receipt, Staged, Target, TargetListing, TargetRecord } from '@waybill/connector-sdk';
import { distort, suffer, type Effect } from './fault.ts';
import type { MemoryPlace, StoredRecord } from './place.ts';
import { readFile, slices } from './source.ts';

interface Resource {
  readonly resourceType: string;
  readonly identifier?: unknown;
  readonly meta?: { readonly tag?: unknown };
}

/** A place written as a target. */
export function memoryTarget(place: MemoryPlace): Target {
  return {
    stat: async (parcel, signal) => {
      requireSafePath(parcel.path);
      await suffer(place.faults.due('stat', parcel.path), parcel.path, signal);
      return place.receipts.get(parcel.key);
    },
    stage: (parcel, bytes, signal) => stage(place, parcel, bytes, signal),
    commit: (parcel, staged, signal) => commit(place, parcel, staged, signal),
    discard: async (staged, signal) => {
      await suffer(place.faults.due('discard', staged.key), staged.key, signal);
      place.staged.delete(staged.key);
    },
    read: (targetId, offsetBytes, signal) => read(place, targetId, offsetBytes, signal),
    close: async () => {},
    listing: listing(place),
  };
}

async function stage(
  place: MemoryPlace,
  parcel: Parcel,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Staged> {
  requireSafePath(parcel.path);
  const effects = place.faults.due('stage', parcel.path);
  await suffer(effects, parcel.path, signal);
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) {
    signal.throwIfAborted();
    chunks.push(Uint8Array.from(chunk));
  }
  const held = distort(Buffer.concat(chunks), effects, parcel.path);
  if (held.error !== undefined) throw held.error;
  place.staged.set(parcel.key, held.bytes);
  const sha256 = createHash('sha256').update(held.bytes).digest('hex');
  return { key: parcel.key, sizeBytes: held.bytes.byteLength, sha256, state: {} };
}

async function commit(place: MemoryPlace, parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Receipt> {
  requireSafePath(parcel.path);
  const effects = place.faults.due('commit', parcel.path);
  await suffer(effects, parcel.path, signal);
  const dropped = effects.find((effect) => effect.kind === 'drop');
  if (dropped?.landed === false) throw unanswered(parcel);
  const known = place.receipts.get(parcel.key);
  const receipt = known !== undefined && !place.staged.has(staged.key) ? known : land(place, parcel, staged, effects);
  place.receipts.set(parcel.key, receipt);
  place.staged.delete(staged.key);
  if (dropped !== undefined) throw unanswered(parcel);
  return receipt;
}

function land(place: MemoryPlace, parcel: Parcel, staged: Staged, effects: readonly Effect[]): Receipt {
  const bytes = place.staged.get(staged.key);
  if (bytes === undefined) throw new ConnectorError('ITEM_NOT_FOUND', `nothing is staged under ${staged.key}`);
  if (parcel.shape === 'records') return landRecords(place, bytes, effects);
  const found = place.files.get(parcel.path);
  if (found !== undefined && Buffer.compare(found.bytes, bytes) !== 0) {
    throw new ConnectorError('ITEM_CONFLICT', `${JSON.stringify(parcel.path)} exists with other content`);
  }
  if (!effects.some((effect) => effect.kind === 'omit')) {
    place.put(parcel.path, distort(bytes, effects, parcel.path).bytes);
  }
  return { targetId: parcel.path };
}

function landRecords(place: MemoryPlace, bytes: Uint8Array, effects: readonly Effect[]): Receipt {
  const resources = resourcesOf(bytes);
  for (const resource of resources) requireNoConflict(place, resource);
  const parts = resources.map((resource) => {
    const key = keyOf(resource);
    const add = (): StoredRecord => place.addRecord(resource.resourceType, key, resource);
    const found = place.findRecord(resource.resourceType, { key }) ?? add();
    if (effects.some((effect) => effect.kind === 'duplicate')) add();
    return { key, targetId: found.targetId };
  });
  return { targetId: parts[0]?.targetId ?? '', parts };
}

function requireNoConflict(place: MemoryPlace, resource: Resource): void {
  const key = keyOf(resource);
  const found = place.findRecord(resource.resourceType, { key });
  if (found === undefined) return;
  const { id: _, ...content } = parseKeepingDigits(Buffer.from(found.bytes).toString()) as Resource & { id: string };
  if (JSON.stringify(content) === JSON.stringify(resource)) return;
  throw new ConnectorError('ITEM_CONFLICT', `the record ${key} exists with other content`);
}

function resourcesOf(bytes: Uint8Array): Resource[] {
  const lines = Buffer.from(bytes).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => parseKeepingDigits(line) as Resource);
}

function keyOf(resource: Resource): string {
  const key = sourceKeyOf(resource);
  if (key !== undefined) return key;
  throw new ConnectorError('ITEM_REFUSED', `a ${resource.resourceType} carries no source key of ${SOURCE_SYSTEM}`);
}

async function* read(
  place: MemoryPlace,
  targetId: string,
  offsetBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const record = place.findRecord(targetId.split('/')[0] ?? '', { targetId });
  if (record === undefined) {
    yield* readFile(place, targetId, offsetBytes, signal);
    return;
  }
  const effects = place.faults.due('read', targetId);
  await suffer(effects, targetId, signal);
  yield* slices(record.bytes, offsetBytes, effects, targetId, signal);
}

function listing(place: MemoryPlace): TargetListing {
  return {
    async *items(signal) {
      await suffer(place.faults.due('listing', ''), '', signal);
      for (const [path, file] of place.files) {
        yield { targetId: path, key: path, sizeBytes: file.bytes.byteLength } satisfies TargetRecord;
      }
    },
    records: (type, signal) => listRecords(place, type, () => true, signal),
    recordsByKey: (type, keys, signal) => listRecords(place, type, (key) => keys.includes(key ?? ''), signal),
    chart: (targetId, types, signal) => showChart(place, targetId, types, signal),
  };
}

async function* listRecords(
  place: MemoryPlace,
  type: string,
  isWanted: (key: string | undefined) => boolean,
  signal: AbortSignal,
): AsyncGenerator<TargetRecord> {
  await suffer(place.faults.due('listing', type), type, signal);
  for (const { targetId, key, bytes } of place.records.get(type) ?? []) {
    if (isWanted(key)) yield { targetId, key, sizeBytes: bytes.byteLength, content: bytes };
  }
}

/** By the logical references that a lineage makes: a chart has what names the source key of its patient. */
async function* showChart(
  place: MemoryPlace,
  targetId: string,
  types: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<TargetRecord> {
  const patient = place.findRecord('Patient', { targetId });
  if (patient?.key === undefined) throw new ConnectorError('ITEM_NOT_FOUND', `there is no patient ${targetId}`);
  for (const type of types) {
    await suffer(place.faults.due('listing', type), type, signal);
    const own = (place.records.get(type) ?? []).filter((record) => ownerOf(record) === patient.key);
    const ordered = MEDICATIONS.includes(type) ? own.toSorted(newestFirst) : own;
    for (const { targetId: id, key, bytes } of place.showsChart(ordered, patient.key)) {
      yield { targetId: id, key, sizeBytes: bytes.byteLength, content: bytes };
    }
  }
}

interface Charted {
  readonly subject?: { readonly identifier?: { readonly value?: string } };
  readonly patient?: Charted['subject'];
  readonly beneficiary?: Charted['subject'];
  readonly authoredOn?: string;
  readonly effectiveDateTime?: string;
  readonly effectivePeriod?: { readonly start?: string };
}

const MEDICATIONS: readonly string[] = ['MedicationRequest', 'MedicationStatement'];

function ownerOf(record: StoredRecord): string | undefined {
  const { subject, patient, beneficiary } = charted(record);
  return (subject ?? patient ?? beneficiary)?.identifier?.value;
}

function newestFirst(left: StoredRecord, right: StoredRecord): number {
  return momentOf(right) - momentOf(left);
}

/** What has no date is the oldest. */
function momentOf(record: StoredRecord): number {
  const { authoredOn, effectiveDateTime, effectivePeriod } = charted(record);
  return Date.parse(authoredOn ?? effectiveDateTime ?? effectivePeriod?.start ?? '') || 0;
}

/** What is no JSON any more is in nobody's chart. */
function charted({ bytes }: StoredRecord): Charted {
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as Charted;
  } catch {
    return {};
  }
}

function unanswered(parcel: Parcel): ConnectorError {
  return new ConnectorError('OUTCOME_UNKNOWN', `planted: no answer to the commit of ${parcel.key}`);
}
