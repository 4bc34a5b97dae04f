/** Reads an evidence pack from a folder, for the verifier. Links are told, never followed. */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { PackMember, PackReader } from '../domain/verify.ts';

const CHUNK_SIZE_BYTES = 256 * 1024;

export function packDirectory(folder: string): PackReader {
  return { list: () => members(folder, ''), read: (path) => chunks(join(folder, path)) };
}

function* members(folder: string, prefix: string): Generator<PackMember> {
  for (const entry of readdirSync(join(folder, prefix), { withFileTypes: true })) {
    const path = `${prefix}${entry.name}`;
    if (entry.isFile()) yield { path, kind: 'file' };
    else if (!entry.isDirectory()) yield { path, kind: 'other' };
    else {
      const inside = [...members(folder, `${path}/`)];
      if (inside.length === 0) yield { path, kind: 'folder' };
      yield* inside;
    }
  }
}

/** Chunks are handed over one at a time; each is overwritten by the next. */
function* chunks(path: string): Generator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    // Most files of a pack are short: buffers of full size for all of them were what sealing one held most of.
    const buffer = Buffer.allocUnsafeSlow(Math.min(CHUNK_SIZE_BYTES, fstatSync(file).size + 1));
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) yield buffer.subarray(0, read);
  } finally {
    closeSync(file);
  }
}
