/** A carrier in the place of transfer: delivers exactly what a test tells it to, and says so in the same documents. */
import type { Json } from '../../kernel/canonical-json.ts';
import { keyedDigest, sha256 } from '../../kernel/digest.ts';
import type { Tier } from '../../kernel/tier.ts';
import type { MemoryPlace } from '../../plugins/memory/index.ts';
import type { Format } from '../../records/format.ts';
import { compileLineage } from '../../records/lineage/compile.ts';
import type { Lineage } from '../../records/lineage/lineage.ts';
import { parseLineage } from '../../records/lineage/parse.ts';
import type { Strongroom } from '../../runtime/strongroom.ts';

export interface DatasetGiven {
  readonly name: string;
  readonly tier?: Tier;
  readonly format: Format;
  readonly select: string;
  readonly lineage?: string;
  readonly owner?: string;
  readonly target?: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly consumers?: Json;
  readonly feeds?: Json;
  readonly excluded?: readonly string[];
  /** Path to the code transfer gave; nothing of these is delivered. */
  readonly setAside?: Readonly<Record<string, string>>;
  readonly failed?: Readonly<Record<string, string>>;
  /** Surveyed, and of which transfer says nothing at all. */
  readonly forgotten?: readonly string[];
  /** Could not even be packed. */
  readonly unpacked?: readonly string[];
}

export interface Carried {
  readonly manifest: Json[];
  readonly record: Json[];
}

/** Carries every item that is not excluded; resolves to the lines of the manifest and of the transfer record. */
export async function carry(
  room: Strongroom,
  place: MemoryPlace,
  dataset: DatasetGiven,
  itemIdOf: (path: string) => string,
  recordKey: Uint8Array,
): Promise<Carried> {
  const carried: Carried = { manifest: [], record: [] };
  const { excluded = [], forgotten = [], unpacked = [] } = dataset;
  const paths = Object.keys(dataset.files).toSorted((left, right) => (left < right ? -1 : 1));
  for (const path of paths.filter((each) => !excluded.includes(each))) {
    const bytes = Buffer.from(dataset.files[path] ?? '');
    const { digest } = await room.put([bytes]);
    const item = { itemId: itemIdOf(path), path };
    const packed = unpacked.includes(path) ? null : digest;
    const shape = { sizeBytes: bytes.byteLength, sha256: packed, mediaType: 'x/y', records: 1, fields: 1 };
    carried.manifest.push({ ...item, ...shape });
    if (forgotten.includes(path)) continue;
    const [aside, failed] = [dataset.setAside?.[path], dataset.failed?.[path]];
    const code = aside ?? failed;
    if (code !== undefined) {
      const state = aside === undefined ? 'failed' : 'set-aside';
      carried.record.push({ ...item, state, reason: { code }, parcels: [] });
    } else {
      const parcels = await deliver(place, dataset, item, bytes, recordKey);
      carried.record.push({ ...item, state: 'moved', parcels });
    }
  }
  return carried;
}

async function deliver(
  place: MemoryPlace,
  { lineage }: DatasetGiven,
  { itemId, path }: { readonly itemId: string; readonly path: string },
  bytes: Buffer,
  recordKey: Uint8Array,
): Promise<Json[]> {
  const common = { sizeBytes: bytes.byteLength, sha256: sha256(bytes) };
  if (lineage === undefined) {
    place.put(path, bytes);
    return [{ key: itemId, targetId: path, shape: 'bytes', ...common }];
  }
  const parts: Json[] = [];
  const once = async function* () {
    yield bytes;
  };
  for await (const { key, type, resource } of compiled(lineage).map(path, once())) {
    const known = place.findRecord(type, { key }) ?? place.addRecord(type, key, resource as object);
    parts.push({ key: keyedDigest(recordKey, key), targetId: known.targetId });
  }
  return [{ key: `${itemId}/1`, targetId: 'parcel', shape: 'records', parts, ...common }];
}

/** By their text: a practice delivers many items by one map, and that takes long to read. */
const known = new Map<string, Lineage>();

function compiled(text: string): Lineage {
  const before = known.get(text);
  if (before !== undefined) return before;
  const map = parseLineage(text);
  if (!map.ok) throw new Error(JSON.stringify(map.refusals));
  const lineage = compileLineage(map.value);
  known.set(text, lineage);
  return lineage;
}
