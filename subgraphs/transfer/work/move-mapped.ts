/** Moving a mapped item: its bytes are proven in flight, its records made by the lineage map, and sent in parcels. */
import { Fault } from '../../../kernel/fault.ts';
import type { Lineage, MappedRecord } from '../../../records/lineage/lineage.ts';
import { NOT_MAPPABLE } from '../domain/attempt.ts';
import { crosswalkOf } from '../domain/crosswalk.ts';
import type { Problem } from '../../../records/format.ts';
import { ParcelCutter, type RecordParcel } from '../domain/parcel.ts';
import type { Receipt } from './context.ts';
import { deliver } from './deliver.ts';
import { movedEntry } from './endings.ts';
import { InFlight, type Promised } from './in-flight.ts';
import { sifted } from './sift.ts';
import type { MoveTools, Visit } from './visit.ts';

/** An item's parcels are kept between the two passes up to this size; beyond it they are made again. */
const HELD_BYTES_MAX = 4 * 1024 * 1024;

export async function moveMapped(tools: MoveTools, visit: Visit, promised: Promised, lineage: Lineage): Promise<void> {
  const sha256 = await proveInFlight(tools, visit, promised);
  const parcels = (): AsyncIterable<RecordParcel> => cutParcels(tools, visit, lineage, sha256);
  const held = await lookThrough(parcels());
  const receipts: Receipt[] = [];
  for await (const { parcel, sha256: digest, bytes } of held ?? parcels()) {
    const known = visit.parcels.get(parcel.key);
    if (known?.state === 'committed') {
      receipts.push({ targetId: known.targetId ?? '' });
      continue;
    }
    const stage = async () => ({ staged: await tools.target.stage(parcel, once(bytes), tools.signal), sha256: digest });
    const { receipt, row } = await deliver(tools, visit, parcel, stage);
    const crosswalk = crosswalkOf(tools.orders.dataset.id, parcel.key, receipt.parts);
    await tools.ledger.add({ parcel: row, crosswalk });
    visit.parcels.set(parcel.key, row);
    receipts.push(receipt);
  }
  await tools.ledger.add(movedEntry(tools, visit, sha256, receipts));
}

/** Reads the item at the source again, to the end, and compares it with the sealed manifest. */
async function proveInFlight(tools: MoveTools, visit: Visit, promised: Promised): Promise<string> {
  const flow = new InFlight(promised);
  visit.flow = flow;
  for await (const _ of flow.through(tools.source.read(visit.row.path, 0, tools.signal)));
  return flow.verified();
}

/** Goes through all parcels before one is sent; returns them when they are small enough to keep. */
async function lookThrough(parcels: AsyncIterable<RecordParcel>): Promise<readonly RecordParcel[] | undefined> {
  let held: RecordParcel[] | undefined = [];
  let heldBytes = 0;
  for await (const each of parcels) {
    heldBytes += each.bytes.byteLength;
    if (heldBytes > HELD_BYTES_MAX) held = undefined;
    held?.push(each);
  }
  return held;
}

/** The original in the strongroom has the digest that was just proven in flight, so it is what the source holds. */
async function* cutParcels(
  tools: MoveTools,
  { row }: Visit,
  lineage: Lineage,
  sha256: string,
): AsyncGenerator<RecordParcel> {
  const cutter = new ParcelCutter(row, tools.orders.policy.parcelRecordsMax, lineage.target);
  const records = mappable(row.itemId, lineage.map(row.path, tools.context.strongroom.read(sha256)));
  for await (const { record, isDelivered } of sifted(tools, row.itemId, records, lineage)) {
    const full = isDelivered ? cutter.add(record) : cutter.leaveOut(record);
    if (full) yield full;
  }
  const rest = cutter.rest();
  if (rest) yield rest;
}

/** A record with problems is partial: it is not written, and with it nothing of its item. */
async function* mappable(itemId: string, records: AsyncIterable<MappedRecord>): AsyncGenerator<MappedRecord> {
  for await (const record of records) {
    const [problem] = record.problems;
    if (problem !== undefined) throw notMappable(itemId, problem);
    yield record;
  }
}

function notMappable(itemId: string, problem: Problem): Fault {
  return new Fault({
    code: NOT_MAPPABLE,
    retry: 'permanent',
    message: 'the lineage map cannot make a record of it without losing or inventing something',
    subject: `${itemId} ${problem.code} at ${problem.position}`,
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
