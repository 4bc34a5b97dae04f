/**
 * Bytes of streams on their way between the two processes: laid by one side into a file in memory that both have open,
 * and read by the other one from there. The socket, which holds little and copies in small pieces, says only where.
 */
import { constants, closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { PART_MAX_BYTES, type Placed } from './frames.ts';

/** Where a process has it open; 3 is its socket, and 4 is closed before it begins. */
export const SHELF_FD = 5;
/** What one side may have laid there that was not read. */
const SIDE_BYTES = 4 * PART_MAX_BYTES;
/** Of both sides; a process that could write beyond it would fill the memory of the machine. */
export const SHELF_BYTES = 2 * SIDE_BYTES;
/** Shorter ones are sent sooner than they are laid and read. */
const LAID_MIN_BYTES = 16 * 1024;
/** A file system in memory. */
const FOLDER = '/dev/shm';

/** Makes the file, which has no name any more when this returns; `undefined` where the machine has no such place. */
export function makeShelf(): number | undefined {
  try {
    const path = `${FOLDER}/waybill-${randomUUID()}`;
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
    unlinkSync(path);
    return file;
  } catch {
    return undefined;
  }
}

/** One side of it. What the other one says is checked, and what it laid is copied before anybody looks at it. */
export class Shelf {
  #file: number | undefined;
  readonly #ourStart: number;
  readonly #theirStart: number;
  /** Where the next bytes go, within our part. */
  #next = 0;
  /** All that was laid, with what was left free at the end of our part, and what of it was read. */
  #laidBytes = 0;
  #readBytes = 0;
  /** What we have read of theirs, as they count it. */
  #upTo = 0;
  #toldUpTo = 0;

  /** `file` is closed with this. */
  constructor(file: number, side: 'host' | 'connector') {
    this.#file = file;
    [this.#ourStart, this.#theirStart] = side === 'host' ? [0, SIDE_BYTES] : [SIDE_BYTES, 0];
  }

  /** Where they were laid; `undefined` when they are too few, or there is no room: then they are sent. */
  lay(bytes: Uint8Array): Placed | undefined {
    const { byteLength } = bytes;
    if (this.#file === undefined || byteLength < LAID_MIN_BYTES) return undefined;
    if (this.#laidBytes === this.#readBytes) this.#next = 0;
    const skippedBytes = this.#next + byteLength > SIDE_BYTES ? SIDE_BYTES - this.#next : 0;
    const laidBytes = this.#laidBytes + skippedBytes + byteLength;
    if (laidBytes - this.#readBytes > SIDE_BYTES) return undefined;
    const at = skippedBytes > 0 ? 0 : this.#next;
    if (!this.#write(bytes, this.#ourStart + at)) return undefined;
    this.#next = at + byteLength;
    this.#laidBytes = laidBytes;
    return { at, sizeBytes: byteLength, upTo: laidBytes };
  }

  /** The other side has read ours up to there. Throws a RangeError for more than was laid. */
  wasRead(upTo: number): void {
    const isPossible = Number.isSafeInteger(upTo) && upTo >= this.#readBytes && upTo <= this.#laidBytes;
    if (!isPossible) throw new RangeError('more was read than was laid');
    this.#readBytes = upTo;
  }

  /** What the other side laid, in a room of its own. Throws a RangeError for what is not there. */
  take({ at, sizeBytes, upTo }: Placed, room: (sizeBytes: number) => Buffer = Buffer.allocUnsafeSlow): Buffer {
    const isPossible = [at, sizeBytes, upTo].every((each) => Number.isSafeInteger(each) && each >= 0);
    if (!isPossible || sizeBytes > PART_MAX_BYTES || at + sizeBytes > SIDE_BYTES) throw notThere();
    const bytes = room(sizeBytes);
    for (let from = 0, read = 0; from < sizeBytes; from += read) {
      if (this.#file === undefined) throw notThere();
      read = readSync(this.#file, bytes, from, sizeBytes - from, this.#theirStart + at + from);
      if (read === 0) throw notThere();
    }
    this.#upTo = upTo;
    return bytes;
  }

  /** Nobody waits any more for what the other side laid. */
  leave({ upTo }: Placed): void {
    this.#upTo = upTo;
  }

  /** What the other side is to be told that we have read; `undefined` when it knows. */
  untold(): number | undefined {
    if (this.#toldUpTo === this.#upTo) return undefined;
    this.#toldUpTo = this.#upTo;
    return this.#upTo;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #write(bytes: Uint8Array, at: number): boolean {
    if (this.#file === undefined) return false;
    try {
      for (let from = 0; from < bytes.byteLength; ) {
        from += writeSync(this.#file, bytes, from, bytes.byteLength - from, at + from);
      }
      return true;
    } catch {
      // The memory of the machine is full.
      return false;
    }
  }
}

function notThere(): RangeError {
  return new RangeError('bytes are not where they were said to be');
}
