/** What may still be unpacked of one archive: shared by every archive inside it. */
import type { Problem } from '../format.ts';
import type { ArchiveLimits } from './limits.ts';

/** Ends the reading of the whole archive, however deep inside it was reached. */
export class OverLimit extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.code);
    this.problem = problem;
  }
}

export class Budget {
  readonly limits: ArchiveLimits;
  /** The size of the outermost archive. */
  readonly #packedBytes: number;
  #inflatedBytes = 0;
  #entries = 0;

  constructor(limits: ArchiveLimits, packedBytes: number) {
    this.limits = limits;
    this.#packedBytes = packedBytes;
  }

  /** Throws OverLimit. */
  entries(count: number, position: string): void {
    this.#entries += count;
    if (this.#entries <= this.limits.entriesMax) return;
    const message = `more than ${this.limits.entriesMax} entries; it was not unpacked any further`;
    throw new OverLimit(expanding(position, message));
  }

  /** Throws OverLimit. `bytes` were unpacked, or will be if what is written of them is true. */
  inflate(bytes: number, position: string): void {
    this.#inflatedBytes += bytes;
    this.#check(this.#inflatedBytes, position);
  }

  /** Throws OverLimit where `bytes` more would be too many. */
  foresee(bytes: number, position: string): void {
    this.#check(this.#inflatedBytes + bytes, position);
  }

  #check(inflatedBytes: number, position: string): void {
    const { ratioMax, ratioFromBytes, inflatedBytesMax } = this.limits;
    if (inflatedBytes > ratioFromBytes && inflatedBytes > ratioMax * this.#packedBytes) {
      throw new OverLimit(expanding(position, `it unpacks to more than ${ratioMax} times the size of the archive`));
    }
    if (inflatedBytes <= inflatedBytesMax) return;
    const message = `the archive unpacks to more than ${inflatedBytesMax} bytes; what follows was not looked into`;
    throw new OverLimit({ category: 'content-implausible', code: 'TOO_LARGE_TO_LOOK_INTO', position, message });
  }
}

function expanding(position: string, message: string): Problem {
  return { category: 'unreadable', code: 'ARCHIVE_EXPANDS_TOO_FAR', position, message };
}
