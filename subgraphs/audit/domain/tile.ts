/** The tree as static files (C2SP tlog-tiles, height 8): names of tiles and bundles, and how bundles are encoded. */
import { Fault } from '../../../kernel/fault.ts';

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;
/** tlog-tiles gives an entry's length two bytes. */
export const ENTRY_BYTES_MAX = 65_535;

const LENGTH_BYTES = 2;
const PATH_GROUP = 1000;

/** A run of hashes of one level of the tree, or of entries; narrower than 256 only at the right edge. */
export interface TileName {
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

/** Reads the hashes of a tile, laid end to end. `width` is at most what the tree of the wanted size has there. */
export interface TileReader {
  read(level: number, index: number, width: number): Uint8Array;
}

/** `tile/<level>/<index>[.p/<width>]`; the index in groups of three digits, all but the last marked by x. */
export function tilePath(tile: TileName): string {
  const groups = [digits(tile.index % PATH_GROUP)];
  for (let rest = Math.floor(tile.index / PATH_GROUP); rest > 0; rest = Math.floor(rest / PATH_GROUP)) {
    groups.unshift(`x${digits(rest % PATH_GROUP)}`);
  }
  const partial = tile.width < TILE_WIDTH ? `.p/${tile.width}` : '';
  return `tile/${tile.level}/${groups.join('/')}${partial}`;
}

/** How many hashes the given level of a tree of `size` leaves has in tiles. */
export function hashesAt(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** Every tile and bundle that a log of `size` entries consists of, and no other. */
export function* tilesOf(size: number): Generator<TileName> {
  yield* tilesOfLevel('entries', size);
  for (let level = 0; hashesAt(size, level) > 0; level++) yield* tilesOfLevel(level, hashesAt(size, level));
}

/** Lays entries end to end, each behind its length. Fails with ENTRY_TOO_LARGE. */
export function encodeBundle(entries: Iterable<Uint8Array>): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.byteLength > ENTRY_BYTES_MAX) {
      throw new Fault({
        code: 'ENTRY_TOO_LARGE',
        retry: 'permanent',
        message: `an audit entry has ${entry.byteLength} bytes; ${ENTRY_BYTES_MAX} fit: name large material by digest`,
      });
    }
    const length = Buffer.allocUnsafe(LENGTH_BYTES);
    length.writeUInt16BE(entry.byteLength);
    parts.push(length, entry);
  }
  return Buffer.concat(parts);
}

/** The entries of a bundle; `undefined` when the bytes are not exactly a run of entries. */
export function decodeBundle(bytes: Uint8Array): Buffer[] | undefined {
  const bundle = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Buffer[] = [];
  let at = 0;
  while (at < bundle.length) {
    if (at + LENGTH_BYTES > bundle.length) return undefined;
    const end = at + LENGTH_BYTES + bundle.readUInt16BE(at);
    if (end > bundle.length) return undefined;
    entries.push(bundle.subarray(at + LENGTH_BYTES, end));
    at = end;
  }
  return entries;
}

/** The bytes of the first `width` entries of a bundle; `undefined` when it has fewer. */
export function beginningOf(bundle: Buffer, width: number): Buffer | undefined {
  let end = 0;
  for (let entry = 0; entry < width; entry++) {
    if (end + LENGTH_BYTES > bundle.length) return undefined;
    end += LENGTH_BYTES + bundle.readUInt16BE(end);
  }
  return end <= bundle.length ? bundle.subarray(0, end) : undefined;
}

function* tilesOfLevel(level: number | 'entries', count: number): Generator<TileName> {
  for (let index = 0; index * TILE_WIDTH < count; index++) {
    yield { level, index, width: Math.min(TILE_WIDTH, count - index * TILE_WIDTH) };
  }
}

function digits(group: number): string {
  return String(group).padStart(3, '0');
}
