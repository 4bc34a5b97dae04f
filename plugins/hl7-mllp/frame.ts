/** MLLP, release 1: <VT> message <FS><CR>, and nothing between two of them (HL7 Transport Specification: MLLP). */
import { ConnectorError } from '@waybill/connector-sdk';

export const START = Uint8Array.of(0x0b);
/** With it a message becomes one: before it has been sent, the other side cannot have taken anything. */
export const END = Uint8Array.of(0x1c, 0x0d);
const [VT, FS, CR] = [0x0b, 0x1c, 0x0d] as const;

/** Whether bytes can be sent in one block: what marks its ends may not stand in it. */
export function fitsInBlock(message: Uint8Array): boolean {
  return !message.includes(VT) && !message.includes(FS);
}

/** Bytes in, whole messages out. Whatever is no block, or longer than the limit, fails with STREAM_TRUNCATED. */
export class BlockReader {
  readonly #bytesMax: number;
  #state: 'outside' | 'inside' | 'ending' = 'outside';
  #chunks: Uint8Array[] = [];
  #sizeBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whether nothing is half received. */
  get isBetween(): boolean {
    return this.#state === 'outside';
  }

  push(chunk: Uint8Array): Uint8Array[] {
    const messages: Uint8Array[] = [];
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#state === 'inside') at = this.#take(chunk, at);
      else if (this.#state === 'outside') at = this.#begin(chunk, at);
      else {
        if (chunk[at] !== CR) throw noBlock('FS is not followed by CR');
        messages.push(this.#end());
        at += 1;
      }
    }
    return messages;
  }

  #begin(chunk: Uint8Array, at: number): number {
    if (chunk[at] !== VT) throw noBlock('it does not begin with VT');
    this.#state = 'inside';
    return at + 1;
  }

  #take(chunk: Uint8Array, at: number): number {
    const end = chunk.indexOf(FS, at);
    const part = chunk.subarray(at, end === -1 ? undefined : end);
    if (part.includes(VT)) throw noBlock('VT stands inside it');
    this.#sizeBytes += part.byteLength;
    if (this.#sizeBytes > this.#bytesMax) throw noBlock(`it is longer than ${this.#bytesMax} bytes`);
    this.#chunks.push(Uint8Array.from(part));
    if (end === -1) return chunk.byteLength;
    this.#state = 'ending';
    return end + 1;
  }

  #end(): Uint8Array {
    const message = Buffer.concat(this.#chunks);
    this.#chunks = [];
    this.#sizeBytes = 0;
    this.#state = 'outside';
    return message;
  }
}

function noBlock(why: string): ConnectorError {
  return new ConnectorError('STREAM_TRUNCATED', `what was received is no MLLP block: ${why}`);
}
