/** Of the records of an item those that are delivered with it: of several versions of one only that which stands. */
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Lineage, MappedRecord } from '../../../records/lineage/lineage.ts';
import { partOf } from '../domain/version.ts';
import { standingOf } from '../store/versions.ts';
import { type SeenVersion, versionOf } from './see-versions.ts';
import type { MoveTools } from './visit.ts';

/** Records that are looked up together. */
const RECORDS_PER_LOOK_UP = 100;
/** Records of one item whose repetitions in it are noticed here; beyond, the target finds that it has them. */
const NAMES_HELD_MAX = 200_000;

export interface Sifted {
  readonly record: MappedRecord;
  readonly isDelivered: boolean;
}

export async function* sifted(
  tools: MoveTools,
  itemId: string,
  records: AsyncIterable<MappedRecord>,
  lineage: Lineage,
): AsyncGenerator<Sifted> {
  if (!lineage.hasVersions) {
    for await (const record of records) yield { record, isDelivered: true };
    return;
  }
  // What one item says twice is delivered once.
  const taken = new Set<string>();
  let some: MappedRecord[] = [];
  for await (const record of records) {
    some.push(record);
    if (some.length < RECORDS_PER_LOOK_UP) continue;
    yield* sift(tools, itemId, some, taken);
    some = [];
  }
  yield* sift(tools, itemId, some, taken);
}

async function* sift(
  { context, orders }: MoveTools,
  itemId: string,
  records: readonly MappedRecord[],
  taken: Set<string>,
): AsyncGenerator<Sifted> {
  const versions = records.map((record) => versionOf(context, itemId, record));
  const names = [...new Set(versions.flatMap((each) => each?.name ?? []))];
  const standing = await context.store.read((em) => standingOf(em, orders.dataset.id, names));
  const stands = ({ name, version }: SeenVersion): boolean => {
    const known = standing.get(name);
    if (known === undefined) throw brokenPromise('a version is to be delivered that nobody saw', itemId);
    if (partOf(version, known) !== 'stands' || taken.has(name)) return false;
    if (taken.size < NAMES_HELD_MAX) taken.add(name);
    return true;
  };
  for (const [at, record] of records.entries()) {
    const version = versions[at];
    yield { record, isDelivered: version === undefined || stands(version) };
  }
}
