/** How many different values there are: exact up to a limit, then HyperLogLog (Flajolet et al. 2007). */
import { DISTINCT_ERROR, DISTINCT_EXACT_MAX, REGISTER_BITS } from './limits.ts';

const { clz32 } = Math;
const REGISTERS = 2 ** REGISTER_BITS;
const SLOTS_MIN = 16;
const SLOTS_MAX = 2 * DISTINCT_EXACT_MAX;

export interface DistinctJson {
  /** The hashes in order, or the registers; base64. */
  readonly exact?: string | undefined;
  readonly registers?: string | undefined;
}

/** Holds hashes only. What it says depends on the set of hashes it was given, in whatever order and however merged. */
export class DistinctCounter {
  /** Pairs of lanes, open addressing; 0,0 is an empty slot. */
  #slots: Int32Array | undefined = new Int32Array(SLOTS_MIN * 2);
  #held = 0;
  #hasZero = false;
  #registers: Uint8Array | undefined;

  get isExact(): boolean {
    return this.#registers === undefined;
  }

  /** Standard error of `count`, relative. */
  get error(): number {
    return this.isExact ? 0 : DISTINCT_ERROR;
  }

  add(high: number, low: number): void {
    if (this.#registers !== undefined) return raise(this.#registers, high, low);
    if (high === 0 && low === 0) {
      if (!this.#hasZero) this.#held += 1;
      this.#hasZero = true;
    } else if (!this.#insert(high, low)) return;
    if (this.#held > DISTINCT_EXACT_MAX) this.#estimate();
    else if (this.#slots !== undefined && this.#held * 4 > this.#slots.length && this.#slots.length < SLOTS_MAX * 2) {
      this.#grow(this.#slots);
    }
  }

  count(): number {
    return this.#registers === undefined ? this.#held : estimateOf(this.#registers);
  }

  merge(other: DistinctCounter): void {
    if (other.#registers !== undefined) {
      const mine = this.#estimate();
      other.#registers.forEach((rank, at) => {
        if (rank > (mine[at] ?? 0)) mine[at] = rank;
      });
    } else other.#each((high, low) => this.add(high, low));
  }

  toJson(): DistinctJson {
    if (this.#registers !== undefined) return { registers: Buffer.from(this.#registers).toString('base64') };
    const pairs: [number, number][] = [];
    this.#each((high, low) => pairs.push([high, low]));
    pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    return { exact: Buffer.from(Int32Array.from(pairs.flat()).buffer).toString('base64') };
  }

  static fromJson({ exact, registers }: DistinctJson): DistinctCounter {
    const counter = new DistinctCounter();
    if (registers !== undefined) {
      counter.#slots = undefined;
      counter.#registers = Uint8Array.from(Buffer.from(registers, 'base64'));
    }
    const bytes = Buffer.from(exact ?? '', 'base64');
    for (let at = 0; at + 8 <= bytes.length; at += 8) counter.add(bytes.readInt32LE(at), bytes.readInt32LE(at + 4));
    return counter;
  }

  #each(visit: (high: number, low: number) => void): void {
    if (this.#hasZero) visit(0, 0);
    const slots = this.#slots ?? new Int32Array(0);
    for (let at = 0; at < slots.length; at += 2) {
      const [high = 0, low = 0] = [slots[at], slots[at + 1]];
      if (high !== 0 || low !== 0) visit(high, low);
    }
  }

  /** Whether it was new. */
  #insert(high: number, low: number): boolean {
    const slots = this.#slots;
    if (slots === undefined) return false;
    const last = slots.length / 2 - 1;
    let slot = (low ^ (high >>> 7)) & last;
    for (;;) {
      const [heldHigh, heldLow] = [slots[slot * 2], slots[slot * 2 + 1]];
      if (heldHigh === high && heldLow === low) return false;
      if (heldHigh === 0 && heldLow === 0) break;
      slot = (slot + 1) & last;
    }
    slots[slot * 2] = high;
    slots[slot * 2 + 1] = low;
    this.#held += 1;
    return true;
  }

  #grow(before: Int32Array): void {
    this.#slots = new Int32Array(before.length * 2);
    this.#held = this.#hasZero ? 1 : 0;
    for (let at = 0; at < before.length; at += 2) {
      const [high = 0, low = 0] = [before[at], before[at + 1]];
      if (high !== 0 || low !== 0) this.#insert(high, low);
    }
  }

  #estimate(): Uint8Array {
    if (this.#registers !== undefined) return this.#registers;
    const registers = new Uint8Array(REGISTERS);
    this.#each((high, low) => raise(registers, high, low));
    this.#slots = undefined;
    this.#registers = registers;
    return registers;
  }
}

/** The first bits choose a register, which keeps the longest run of zeros seen in the others. */
function raise(registers: Uint8Array, high: number, low: number): void {
  const register = high >>> (32 - REGISTER_BITS);
  const rest = high << REGISTER_BITS;
  const zeros = rest === 0 ? 32 - REGISTER_BITS + clz32(low) : clz32(rest);
  if (zeros + 1 > (registers[register] ?? 0)) registers[register] = zeros + 1;
}

const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

function estimateOf(registers: Uint8Array): number {
  let sum = 0;
  let empty = 0;
  for (const rank of registers) {
    sum += 2 ** -rank;
    if (rank === 0) empty += 1;
  }
  const raw = (ALPHA * REGISTERS * REGISTERS) / sum;
  // Linear counting is the better estimate while many registers are empty.
  const isSmall = raw <= 2.5 * REGISTERS && empty > 0;
  return Math.round(isSmall ? REGISTERS * Math.log(REGISTERS / empty) : raw);
}
