/** Where the bytes of an archive come from. */
import type { FileWindows } from '../document/windows.ts';

/** The bytes of an archive, read from anywhere: its list of entries stands at its end. */
export interface ArchiveBytes {
  readonly sizeBytes: number;
  /** The bytes from `start` up to `end` at least, `end` left out. Throws Unseen where they are not held. */
  range(start: number, end: number): AsyncIterable<Uint8Array>;
}

const WINDOW_PIECE_BYTES = 4096;

/** A part of a large archive that nobody holds: nothing is claimed about it. */
export class Unseen extends Error {}

export function heldArchive(bytes: Buffer): ArchiveBytes {
  return {
    sizeBytes: bytes.length,
    async *range(start, end) {
      yield bytes.subarray(start, end);
    },
  };
}

/** A file of which only the beginning and the end are held, which is where its entries are listed. */
export function windowedArchive(file: FileWindows): ArchiveBytes {
  return {
    sizeBytes: file.sizeBytes,
    async *range(start, end) {
      for (let at = start; at < end; at += WINDOW_PIECE_BYTES) {
        const piece = file.read(at, Math.min(WINDOW_PIECE_BYTES, end - at));
        if (piece === undefined) throw new Unseen();
        yield piece;
      }
    },
  };
}
