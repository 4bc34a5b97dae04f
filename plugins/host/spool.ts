/**
 * Scratch space that survives a crash: temporary file, fsync, rename, fsync of the folder. What is fleeting stays in
 * memory while it is short.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsync,
  mkdirSync,
  openSync,
  renameSync,
  write,
  writeSync,
} from 'node:fs';
import { rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { sha256 } from '../../kernel/digest.ts';
import type { Clock } from '../../kernel/clock.ts';
import { ConnectorError, type Spool } from '../sdk/index.ts';
import { Held } from './held.ts';
import { Quota } from './quota.ts';

/** Parcels hold patient data: nobody else may read them. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** What is no longer goes into the memory of the system sooner than a thread would have taken it up. */
const WRITTEN_HERE_MAX_BYTES = 64 * 1024;
// Opening and renaming are over sooner than a thread is woken for them; fsync and unlink wait for the disk.
// By number, not by FileHandle, which costs as much as a small parcel; every file is closed where it was opened.
const syncFile = promisify(fsync);
const writeFile = promisify(write);

/**
 * A spool in `directory`, which is made at the first write. File names are digests of the keys. With `bytesMax`,
 * writing more than it may hold fails with SPACE_EXHAUSTED.
 */
export function fileSpool(directory: string, clock: Clock, bytesMax?: number | undefined): Spool {
  const disk = spoolOnDisk(directory, clock, bytesMax);
  const held = new Held();
  return {
    write: async (key, bytes, lasting) => {
      const taken = lasting === 'fleeting' ? await held.take(key, bytes) : { tooMuch: bytes };
      if ('heldBytes' in taken) {
        await disk.remove(key);
        return taken.heldBytes;
      }
      const sizeBytes = await disk.write(key, taken.tooMuch);
      held.drop(key);
      return sizeBytes;
    },
    async *read(key) {
      const bytes = held.get(key);
      if (bytes === undefined) yield* disk.read(key);
      else yield bytes;
    },
    remove: async (key) => {
      // What is held is nowhere else.
      if (!held.drop(key)) await disk.remove(key);
    },
  };
}

function spoolOnDisk(directory: string, clock: Clock, bytesMax: number | undefined): Spool {
  const placeOf = (key: string): string => join(directory, sha256(key));
  const folder = new Folder(directory);
  const quota = bytesMax === undefined ? undefined : new Quota(directory, clock, bytesMax);
  return {
    write: async (key, bytes) => {
      const name = `.${randomUUID()}`;
      const temporary = join(directory, name);
      try {
        const counted = quota?.counted(name, bytes) ?? bytes;
        const sizeBytes = await writeDurably(folder.create(temporary), counted);
        const replacedBytes = await quota?.sizeOf(placeOf(key));
        renameSync(temporary, placeOf(key));
        await quota?.settled(name, 'kept', replacedBytes);
        await folder.synced();
        return sizeBytes;
      } catch (error) {
        await rm(temporary, { force: true });
        await quota?.settled(name, 'nothing');
        throw spaceOr(error);
      }
    },
    async *read(key) {
      try {
        yield* createReadStream(placeOf(key));
      } catch (error) {
        if (!isMissing(error)) throw error;
        throw new ConnectorError('ITEM_NOT_FOUND', 'the spool holds nothing under this key; stage the parcel again');
      }
    },
    remove: async (key) => {
      // Seen in the memory of the system, sooner than a thread is woken to be told that there is nothing.
      if (!existsSync(placeOf(key))) return;
      const sizeBytes = await quota?.sizeOf(placeOf(key));
      try {
        await unlink(placeOf(key));
        await quota?.removed(sizeBytes ?? 0);
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
  };
}

/** Writers side by side share what it costs: a folder is made once, and one fsync holds for all renames before it. */
class Folder {
  readonly #path: string;
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  create(path: string): number {
    try {
      return openSync(path, 'wx', FILE_MODE);
    } catch (error) {
      if (!isMissing(error)) throw error;
      mkdirSync(this.#path, { recursive: true, mode: FOLDER_MODE });
      return openSync(path, 'wx', FILE_MODE);
    }
  }

  /** Resolves after an fsync that began after the call. */
  synced(): Promise<void> {
    this.#next ??= this.#last
      // Whoever waited for that one was told.
      .catch(() => {})
      // Files that were synced together are renamed in one turn, and this fsync is to hold for all of them.
      .then(() => setImmediate())
      .then(() => {
        this.#next = undefined;
        return syncFolder(this.#path);
      });
    this.#last = this.#next;
    return this.#next;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

async function writeDurably(file: number, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  try {
    let sizeBytes = 0;
    for await (const chunk of bytes) {
      const isShort = chunk.byteLength <= WRITTEN_HERE_MAX_BYTES;
      for (let at = 0; at < chunk.byteLength; ) {
        at += isShort ? writeSync(file, chunk, at) : (await writeFile(file, chunk, at)).bytesWritten;
      }
      sizeBytes += chunk.byteLength;
    }
    await syncFile(file);
    return sizeBytes;
  } finally {
    closeSync(file);
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = openSync(path, 'r');
  try {
    await syncFile(folder);
  } finally {
    closeSync(folder);
  }
}

function spaceOr(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new ConnectorError('SPACE_EXHAUSTED', 'the spool of this machine is full; free space and resume');
}
