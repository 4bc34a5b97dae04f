/** A TIFF's chain of image file directories (TIFF 6.0 section 2): every page and its data inside the file. */
import { truncated, type DocumentLook } from './look.ts';
import type { FileWindows } from './windows.ts';

const PAGES_MAX = 100_000;
const ENTRY_BYTES = 12;
const STRIP_OFFSETS = 273;
const STRIP_BYTE_COUNTS = 279;
const TILE_OFFSETS = 324;
const TILE_BYTE_COUNTS = 325;
const SHORT = 3;

interface Reading {
  readonly file: FileWindows;
  u16(bytes: Buffer, at: number): number;
  u32(bytes: Buffer, at: number): number;
}

export function checkTiff(file: FileWindows): DocumentLook {
  const isLittle = file.head[0] === 0x49;
  const reading: Reading = {
    file,
    u16: (bytes, at) => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)),
    u32: (bytes, at) => (isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)),
  };
  const header = file.read(0, 8);
  if (header === undefined) return truncated('TIFF_TRUNCATED', file, 'no directory offset');
  // BigTIFF has other offsets; it is recognised and left alone.
  if (reading.u16(header, 2) !== 42) return {};
  return walk(reading, reading.u32(header, 4));
}

function walk(reading: Reading, first: number): DocumentLook {
  const { file } = reading;
  const seen = new Set<number>();
  let offset = first;
  while (offset !== 0) {
    const page = seen.size + 1;
    if (seen.has(offset) || page > PAGES_MAX) return chain(file, page, 'runs in a circle');
    seen.add(offset);
    if (offset + 2 > file.sizeBytes) return chain(file, page, 'leads out of the file');
    const counted = file.read(offset, 2);
    // Outside the windows of a large file nothing is known, and nothing is claimed.
    if (counted === undefined) return {};
    const entries = reading.u16(counted, 0);
    const lengthBytes = entries * ENTRY_BYTES + 4;
    if (offset + 2 + lengthBytes > file.sizeBytes) return chain(file, page, 'leads out of the file');
    const directory = file.read(offset + 2, lengthBytes);
    if (directory === undefined) return {};
    if (!isDataInside(reading, directory, entries)) {
      return truncated('TIFF_TRUNCATED', file, `the image data of page ${page} lead out of the file`);
    }
    offset = reading.u32(directory, entries * ENTRY_BYTES);
  }
  if (seen.size === 0) return chain(file, 1, 'is empty');
  return { pages: seen.size };
}

function chain(file: FileWindows, page: number, why: string) {
  return truncated('TIFF_DIRECTORY_INVALID', file, `the directory chain ${why} at page ${page}`);
}

function isDataInside(reading: Reading, directory: Buffer, entries: number): boolean {
  const offsets = values(reading, directory, entries, [STRIP_OFFSETS, TILE_OFFSETS]);
  const counts = values(reading, directory, entries, [STRIP_BYTE_COUNTS, TILE_BYTE_COUNTS]);
  if (offsets === 'outside' || counts === 'outside') return false;
  return offsets.every((offset, index) => offset + (counts[index] ?? 0) <= reading.file.sizeBytes);
}

/** The numbers of the first entry with one of `tags`; none where they are not in the windows. */
function values(
  reading: Reading,
  directory: Buffer,
  entries: number,
  tags: readonly number[],
): readonly number[] | 'outside' {
  for (let at = 0; at < entries * ENTRY_BYTES; at += ENTRY_BYTES) {
    if (!tags.includes(reading.u16(directory, at))) continue;
    const isShort = reading.u16(directory, at + 2) === SHORT;
    const count = reading.u32(directory, at + 4);
    const lengthBytes = count * (isShort ? 2 : 4);
    const offset = reading.u32(directory, at + 8);
    if (lengthBytes > 4 && offset + lengthBytes > reading.file.sizeBytes) return 'outside';
    const bytes = lengthBytes <= 4 ? directory.subarray(at + 8, at + 12) : reading.file.read(offset, lengthBytes);
    if (bytes === undefined) return [];
    return Array.from({ length: count }, (_, index) =>
      isShort ? reading.u16(bytes, index * 2) : reading.u32(bytes, index * 4),
    );
  }
  return [];
}
