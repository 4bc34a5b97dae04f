/** A stream of HL7 v2 cut into messages and batch envelopes; the pieces together are the stream, byte for byte. */
import { asBuffer } from '../item-bytes.ts';

export const UNIT_KINDS = ['MSH', 'FHS', 'BHS', 'BTS', 'FTS'] as const;

export interface Hl7Unit {
  /** The header it begins with, or `stray` for bytes before the first header. */
  readonly kind: (typeof UNIT_KINDS)[number] | 'stray';
  readonly bytes: Buffer;
  /** True where the unit is longer than its limit; it then comes in several parts, and each says so. */
  readonly cut: boolean;
}

/** The longest message that is parsed; documents embedded in OBX-5 make messages long. */
export const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;
const STRAY_BYTES_MAX = 256 * 1024;

const CR = 0x0d;
const LF = 0x0a;
const HEADER_BYTES = 4;
const CAPACITY_BYTES_MIN = 64 * 1024;

export async function* splitHl7(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Hl7Unit> {
  const splitter = new Hl7Splitter();
  for await (const chunk of chunks) yield* splitter.push(chunk);
  yield* splitter.end();
}

/** Bytes in; whole units out as soon as the next one begins. */
export class Hl7Splitter {
  #buffer = Buffer.allocUnsafe(CAPACITY_BYTES_MIN);
  #length = 0;
  /** Where the current unit begins, and how far it has been looked at. */
  #from = 0;
  #scan = 0;
  /** Whether `#scan` stands inside a line whose beginning has been looked at. */
  #midLine = false;
  #kind: Hl7Unit['kind'] = 'stray';
  #cut = false;

  push(chunk: Uint8Array): Hl7Unit[] {
    this.#append(asBuffer(chunk));
    const units = this.#scanLines('more');
    const heldBytes = this.#scan - this.#from;
    // What is known to be too long, or to be no message, is handed over soon.
    const bytesMax = this.#cut || this.#kind === 'stray' ? STRAY_BYTES_MAX : MESSAGE_BYTES_MAX;
    if (heldBytes > bytesMax) {
      this.#cut = true;
      units.push(this.#take(this.#scan));
    }
    return units;
  }

  end(): Hl7Unit[] {
    const units = this.#scanLines('ended');
    if (this.#from < this.#length) units.push(this.#take(this.#length));
    return units;
  }

  #scanLines(source: 'more' | 'ended'): Hl7Unit[] {
    const units: Hl7Unit[] = [];
    const held = this.#buffer.subarray(0, this.#length);
    const ends = new LineEnds(held);
    while (this.#scan < this.#length) {
      if (!this.#midLine) {
        // Framing belongs to the unit before it, so a unit begins with its header.
        this.#scan = skipFraming(held, this.#scan);
        if (source === 'more' && this.#scan + HEADER_BYTES > this.#length) break;
        const kind = headerAt(held, this.#scan);
        if (kind !== undefined) {
          if (this.#scan > this.#from) units.push(this.#take(this.#scan));
          this.#kind = kind;
          this.#cut = false;
        }
      }
      const end = ends.after(this.#scan);
      this.#midLine = end === -1;
      this.#scan = end === -1 ? this.#length : end + 1;
    }
    return units;
  }

  #take(to: number): Hl7Unit {
    const unit = { kind: this.#kind, bytes: Buffer.from(this.#buffer.subarray(this.#from, to)), cut: this.#cut };
    this.#from = to;
    return unit;
  }

  #append(chunk: Buffer): void {
    if (this.#length + chunk.length > this.#buffer.length) {
      const kept = this.#length - this.#from;
      const next =
        kept + chunk.length > this.#buffer.length / 2 ? Buffer.allocUnsafe((kept + chunk.length) * 2) : this.#buffer;
      this.#buffer.copy(next, 0, this.#from, this.#length);
      this.#buffer = next;
      this.#scan -= this.#from;
      this.#length = kept;
      this.#from = 0;
    }
    chunk.copy(this.#buffer, this.#length);
    this.#length += chunk.length;
  }
}

/** Finds line ends from front to back, looking at every byte once. */
class LineEnds {
  readonly #bytes: Buffer;
  #return = -2;
  #newline = -2;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The first CR or LF at or after `from`, or -1. */
  after(from: number): number {
    if (this.#return !== -1 && this.#return < from) this.#return = this.#bytes.indexOf(CR, from);
    if (this.#newline !== -1 && this.#newline < from) this.#newline = this.#bytes.indexOf(LF, from);
    if (this.#return === -1) return this.#newline;
    return this.#newline === -1 ? this.#return : Math.min(this.#return, this.#newline);
  }
}

/** Skips a byte order mark, MLLP framing, NULs and blank lines. */
function skipFraming(bytes: Buffer, from: number): number {
  let at = from;
  if (bytes[at] === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) at += 3;
  while (at < bytes.length && isFraming(bytes[at])) at++;
  return at;
}

function isFraming(byte: number | undefined): boolean {
  return byte === 0x0b || byte === 0x1c || byte === CR || byte === LF || byte === 0x20 || byte === 0;
}

function headerAt(bytes: Buffer, at: number): (typeof UNIT_KINDS)[number] | undefined {
  const delimiter = bytes[at + HEADER_BYTES - 1];
  const first = bytes[at];
  if (first !== 0x4d && first !== 0x46 && first !== 0x42) return undefined;
  const id = bytes.toString('latin1', at, at + HEADER_BYTES - 1);
  const kind = UNIT_KINDS.find((each) => each === id);
  // A trailer may have no field at all; a header has its delimiters.
  if (delimiter === undefined || delimiter === CR || delimiter === LF) return kind?.endsWith('TS') ? kind : undefined;
  // Letters, digits and white space cannot delimit.
  if (delimiter <= 0x20 || /[0-9A-Za-z]/.test(String.fromCharCode(delimiter))) return undefined;
  return kind;
}
