/** The log as files in <directory>/log: a checkpoint, tiles and entry bundles, as C2SP tlog-tiles lays them out. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../../kernel/fault.ts';
import { HASH_BYTES } from '../domain/merkle.ts';
import { beginningOf, decodeBundle, TILE_WIDTH, type TileName, type TileReader, tilePath } from '../domain/tile.ts';
import { type DurableFile, replaceFiles, sweepIncoming } from './durable.ts';

/** Not trusted: what is read here is compared with the signed root before anything is built on it. */
export interface LogFiles {
  /** Reads tiles; a wider tile stands in for a narrower one. Fails with LOG_DAMAGED. */
  readonly tiles: TileReader;
  /** The first `width` entries of a bundle. Fails with LOG_DAMAGED. */
  entries(index: number, width: number): Promise<readonly Buffer[]>;
  /** A tile or bundle as it lies there, as wide as its name says; overwritten by the next. Fails with LOG_DAMAGED. */
  look(name: TileName): Uint8Array;
  write(files: Iterable<DurableFile>): Promise<void>;
  /** Replaces the published checkpoint. */
  publish(checkpoint: string): Promise<void>;
  /** The published checkpoint; undefined before the first. */
  checkpoint(): Promise<string | undefined>;
  /** Removes the partial versions of tiles that are full now. */
  forgetPartials(full: Iterable<TileName>): Promise<void>;
}

export async function openLogFiles(directory: string): Promise<LogFiles> {
  const folder = join(directory, 'log');
  await sweepIncoming(folder);
  const room = new Room();
  return {
    tiles: { read: (level, index, width) => readTile(folder, { level, index, width }, hashesIn(width)) },
    entries: async (index, width) =>
      readTile(folder, { level: 'entries', index, width }, (bytes) => {
        const entries = decodeBundle(bytes);
        return entries !== undefined && entries.length >= width ? entries.slice(0, width) : undefined;
      }),
    look: (name) => {
      const take = name.level === 'entries' ? (bytes: Buffer) => beginningOf(bytes, name.width) : hashesIn(name.width);
      return readTile(folder, name, take, (path) => room.read(path));
    },
    write: (files) => replaceFiles(folder, files),
    publish: (checkpoint) => replaceFiles(folder, [{ path: 'checkpoint', bytes: Buffer.from(checkpoint) }]),
    checkpoint: () => readIfThere(join(folder, 'checkpoint')),
    async forgetPartials(full) {
      for (const tile of full) {
        await rm(join(folder, `${tilePath(tile)}.p`), { recursive: true, force: true });
      }
    },
  };
}

/** Reads the narrowest version of a tile that is wide enough; partial ones go when the full one is there. */
function readTile<T>(
  folder: string,
  name: TileName,
  take: (bytes: Buffer) => T | undefined,
  read: (path: string) => Buffer = readFileSync,
): T {
  for (let width = name.width; width <= TILE_WIDTH; width++) {
    const bytes = unlessMissing(() => read(join(folder, tilePath({ ...name, width }))));
    const taken = bytes === undefined ? undefined : take(bytes);
    if (taken !== undefined) return taken;
  }
  const message = 'a file of the audit log is missing or cut short; restore <directory>/log from a copy';
  throw new Fault({ code: 'LOG_DAMAGED', retry: 'permanent', message, subject: tilePath(name) });
}

function hashesIn(width: number): (bytes: Buffer) => Buffer | undefined {
  return (bytes) => (bytes.length >= width * HASH_BYTES ? bytes.subarray(0, width * HASH_BYTES) : undefined);
}

/** Where one file after the other is read to: a log has thousands, and each would have memory of its own. */
class Room {
  #bytes = Buffer.alloc(0);

  read(path: string): Buffer {
    const file = openSync(path, 'r');
    try {
      const { size: sizeBytes } = fstatSync(file);
      if (sizeBytes > this.#bytes.byteLength) this.#bytes = Buffer.allocUnsafeSlow(2 * sizeBytes);
      let filled = 0;
      for (let read = -1; read !== 0 && filled < sizeBytes; filled += read) {
        read = readSync(file, this.#bytes, filled, sizeBytes - filled, filled);
      }
      return this.#bytes.subarray(0, filled);
    } finally {
      closeSync(file);
    }
  }
}

// Tiles have 8 KiB at most, so reading one does not hold up the process; proofs are built without waiting.
function unlessMissing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
