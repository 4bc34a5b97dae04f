/** A folder as what lies in it and the bytes of its files, without waiting. Links are told, never followed. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

const CHUNK_SIZE_BYTES = 256 * 1024;

export interface FolderMember {
  /** Relative to the folder, with slashes. */
  readonly path: string;
  /** `folder` only when nothing lies in it; `other` is a link, a socket, a device. */
  readonly kind: 'file' | 'folder' | 'other';
}

export interface Folder {
  list(): Iterable<FolderMember>;
  /** A chunk is overwritten once the next one is asked for, of this file or another. */
  read(path: string): Iterable<Uint8Array>;
}

/** Listing and reading throw what the system says of a folder or file that cannot be read. */
export function openFolder(folder: string): Folder {
  // One for all files, of which there may be thousands.
  const buffer = Buffer.allocUnsafeSlow(CHUNK_SIZE_BYTES);
  return { list: () => members(folder, ''), read: (path) => chunks(join(folder, path), buffer) };
}

function* members(folder: string, prefix: string): Generator<FolderMember> {
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

function* chunks(path: string, buffer: Buffer): Generator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    for (let read = readSync(file, buffer); read > 0; read = readSync(file, buffer)) yield buffer.subarray(0, read);
  } finally {
    closeSync(file);
  }
}
