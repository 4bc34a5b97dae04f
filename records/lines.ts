/** Lines of a stream: numbered from 1, their line end apart, never longer than a limit. */
import { asBuffer } from './item-bytes.ts';

export interface Line {
  readonly number: number;
  /** Offset of its first byte. */
  readonly at: number;
  readonly bytes: Buffer;
  /** Its line end; empty at the end of the text. */
  readonly end: Buffer;
  /** True where the line is longer than the limit: it then comes in parts of the same number. */
  readonly cut: boolean;
}

const LF = 0x0a;
const CR = 0x0d;

/** Reads lines one by one; `rest` hands over whatever has not been read as lines. */
export class LineReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #bytesMax: number;
  #chunk: Buffer = Buffer.alloc(0);
  #from = 0;
  #at = 0;
  #number = 0;
  /** Whether the line read last goes on. */
  #isCut = false;

  constructor(chunks: AsyncIterable<Uint8Array>, bytesMax: number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#bytesMax = bytesMax;
  }

  async next(): Promise<Line | undefined> {
    const parts: Buffer[] = [];
    const at = this.#at;
    let sizeBytes = 0;
    let ended = false;
    while (!ended && sizeBytes <= this.#bytesMax) {
      if (this.#from === this.#chunk.length && !(await this.#pull())) break;
      const newline = this.#chunk.indexOf(LF, this.#from);
      ended = newline !== -1;
      const part = this.#chunk.subarray(this.#from, ended ? newline + 1 : this.#chunk.length);
      this.#from += part.length;
      this.#at += part.length;
      sizeBytes += part.length;
      parts.push(part);
    }
    if (this.#at === at) return undefined;
    const [only] = parts;
    const whole = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    if (!this.#isCut) this.#number++;
    const cut = this.#isCut || sizeBytes - (ended ? 1 : 0) > this.#bytesMax;
    this.#isCut = cut && !ended;
    const bytes = ended ? withoutEnd(whole) : whole;
    return { number: this.#number, at, bytes, end: whole.subarray(bytes.length), cut };
  }

  /** Everything after the last line read. */
  async *rest(): AsyncGenerator<Buffer> {
    do {
      const part = this.#chunk.subarray(this.#from);
      this.#from = this.#chunk.length;
      this.#at += part.length;
      if (part.length > 0) yield part;
    } while (await this.#pull());
  }

  async #pull(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#chunk = asBuffer(next.value);
    this.#from = 0;
    return true;
  }
}

function withoutEnd(line: Buffer): Buffer {
  return line.subarray(0, line[line.length - 2] === CR ? -2 : -1);
}
