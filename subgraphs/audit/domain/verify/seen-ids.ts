/** Which ids of so many were seen before, in 24 bytes each: a log has millions, and nothing else of them is asked. */
import { hash } from 'node:crypto';

const WORDS = 3;
const WORD_BYTES = 4;
const DIGEST_BYTES = 32;
/** At most half of the places are taken, so that few are looked at. */
const PLACES_AN_ID = 2;

/** Holds 95 bits of the SHA-256 of each: one that comes again is never missed, and chance alone makes no other one. */
export class SeenIds {
  readonly #places: number;
  readonly #taken: Uint32Array;
  readonly #digest = Buffer.alloc(DIGEST_BYTES);

  /** For `idsMax` ids; of more, adding may not end. */
  constructor(idsMax: number) {
    this.#places = 2 ** Math.ceil(Math.log2(idsMax * PLACES_AN_ID + 2));
    this.#taken = new Uint32Array(this.#places * WORDS);
  }

  /** Whether the id was not seen before. */
  add(id: string): boolean {
    // Written over the one before: a buffer for each digest has memory of its own.
    const digest = this.#digest;
    digest.write(hash('sha256', id, 'binary'), 'latin1');
    const [first, second] = [digest.readUInt32LE(0), digest.readUInt32LE(WORD_BYTES)];
    // A place of nothing but zeros is free.
    const third = (digest.readUInt32LE(2 * WORD_BYTES) | 1) >>> 0;
    const taken = this.#taken;
    for (let place = first & (this.#places - 1); ; place = (place + 1) & (this.#places - 1)) {
      const at = place * WORDS;
      if (taken[at + 2] === 0) {
        taken[at] = first;
        taken[at + 1] = second;
        taken[at + 2] = third;
        return true;
      }
      if (taken[at] === first && taken[at + 1] === second && taken[at + 2] === third) return false;
    }
  }
}
