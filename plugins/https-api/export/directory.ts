/** In which piece a resource lies: eight bytes for each, however many there are. */
import { hash } from 'node:crypto';
import { ConnectorError } from '@waybill/connector-sdk';

/** The upper 40 bits are of the name's digest, the lower 24 the piece. */
const PIECE_BITS = 24n;
const PIECES_MAX = 2 ** 24;
const NAME_HEX_DIGITS = 10;
const FIRST_ENTRIES = 4_096;
/** 800 MB of directory; a service with more is exported by type. */
const ENTRIES_MAX = 100_000_000;

export class Directory {
  #entries = new BigUint64Array(FIRST_ENTRIES);
  #length = 0;

  add(name: string, piece: number): void {
    if (this.#length >= ENTRIES_MAX || piece >= PIECES_MAX) {
      throw new ConnectorError('UNSUPPORTED', `the export holds more than ${ENTRIES_MAX} resources; name fewer types`);
    }
    if (this.#length === this.#entries.length) {
      const larger = new BigUint64Array(this.#length * 2);
      larger.set(this.#entries);
      this.#entries = larger;
    }
    this.#entries[this.#length++] = (digestOf(name) << PIECE_BITS) | BigInt(piece);
  }

  /** Nothing is added afterwards. */
  sort(): void {
    this.#entries = this.#entries.subarray(0, this.#length).toSorted();
  }

  /** The pieces it may lie in: seldom more than one. */
  find(name: string): readonly number[] {
    const wanted = digestOf(name);
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#digestAt(middle) < wanted) low = middle + 1;
      else high = middle;
    }
    const pieces: number[] = [];
    for (let at = low; at < this.#length && this.#digestAt(at) === wanted; at++) pieces.push(this.#pieceAt(at));
    return pieces;
  }

  /** Digests that are there more than once, with their pieces: the same name twice, or two names that look alike. */
  *alike(): Generator<{ readonly digest: bigint; readonly pieces: readonly number[] }> {
    for (let at = 0; at < this.#length; ) {
      const digest = this.#digestAt(at);
      const pieces: number[] = [];
      for (; at < this.#length && this.#digestAt(at) === digest; at++) pieces.push(this.#pieceAt(at));
      if (pieces.length > 1) yield { digest, pieces };
    }
  }

  #digestAt(at: number): bigint {
    return (this.#entries[at] ?? 0n) >> PIECE_BITS;
  }

  #pieceAt(at: number): number {
    return Number((this.#entries[at] ?? 0n) & (BigInt(PIECES_MAX) - 1n));
  }
}

export function digestOf(name: string): bigint {
  return BigInt(`0x${hash('sha1', name, 'hex').slice(0, NAME_HEX_DIGITS)}`);
}
