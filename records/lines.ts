/** Lines of a stream: numbered from 1, without their line end, never longer than a limit. */
import { asBuffer } from './item-bytes.ts';

export interface Line {
  readonly number: number;
  /** Offset of its first byte. */
  readonly at: number;
  readonly bytes: Buffer;
  /** True where the line goes on beyond the limit: `bytes` is then only its beginning. */
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

  constructor(chunks: AsyncIterable<Uint8Array>, bytesMax: number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#bytesMax = bytesMax;
  }

  async next(): Promise<Line | undefined> {
    const parts: Buffer[] = [];
    const at = this.#at;
    let kept = 0;
    let ended = false;
    while (!ended) {
      if (this.#from === this.#chunk.length && !(await this.#pull())) break;
      const newline = this.#chunk.indexOf(LF, this.#from);
      ended = newline !== -1;
      const part = this.#chunk.subarray(this.#from, ended ? newline : this.#chunk.length);
      this.#from = ended ? newline + 1 : this.#chunk.length;
      this.#at += part.length + (ended ? 1 : 0);
      if (kept <= this.#bytesMax) parts.push(part.subarray(0, this.#bytesMax + 1 - kept));
      kept += part.length;
    }
    if (this.#at === at) return undefined;
    const [only] = parts;
    const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    this.#number++;
    return { number: this.#number, at, bytes: withoutReturn(bytes), cut: kept > this.#bytesMax };
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

function withoutReturn(bytes: Buffer): Buffer {
  return bytes[bytes.length - 1] === CR ? bytes.subarray(0, -1) : bytes;
}
