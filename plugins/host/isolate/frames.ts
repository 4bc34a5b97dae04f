/** What travels between the host and a connector's own process: small JSON heads, with bytes after them or without. */
import type { Writable } from 'node:stream';

/** Bytes of a stream; longer ones travel in parts. */
export const PART_MAX_BYTES = 1024 * 1024;
/** The longest record of a listing. */
const HEAD_MAX_BYTES = 9 * 1024 * 1024;
const LENGTHS_BYTES = 8;
/** Read beyond a frame in one go: the head of the next one, and seldom more. */
const AHEAD_BYTES = 4 * 1024;

export interface Frame {
  readonly kind: 'call' | 'stream' | 'done' | 'fail' | 'taken' | 'values' | 'bytes' | 'end' | 'stop';
  /** Of the call or stream, counted by whoever began it. */
  readonly id: number;
  /** Whether whoever sends it began the call. */
  readonly mine: boolean;
  readonly method?: string | undefined;
  readonly value?: unknown;
  /** Those of a stream that were there at once. */
  readonly values?: readonly unknown[] | undefined;
  readonly error?: SentError | undefined;
  /** How much of a stream has been taken since that was said last. */
  readonly takenBytes?: number | undefined;
  readonly bytes?: Uint8Array | undefined;
  /** Where the bytes lie that are not in the frame. */
  readonly placed?: Placed | undefined;
  /** Up to where the sender of this has read what was laid for it. */
  readonly readUpTo?: number | undefined;
}

/** Bytes beside the socket, within the part of the side that laid them. */
export interface Placed {
  readonly at: number;
  readonly sizeBytes: number;
  /** All that was laid to their end. */
  readonly upTo: number;
}

/** A coded error, or the kind of one that was not foreseen; never the words of the latter. */
export interface SentError {
  readonly code?: string | undefined;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** Writes one frame, and says how long it is. Streams wait before it while much is written and not sent. */
export function send(socket: Pick<Writable, 'cork' | 'uncork' | 'write'>, { bytes, ...head }: Frame): number {
  const text = JSON.stringify({ ...head, hasBytes: bytes !== undefined });
  const textBytes = Buffer.byteLength(text);
  const start = Buffer.allocUnsafe(LENGTHS_BYTES + textBytes);
  start.writeUInt32BE(textBytes, 0);
  start.writeUInt32BE(bytes?.byteLength ?? 0, 4);
  start.write(text, LENGTHS_BYTES);
  socket.cork();
  socket.write(start);
  if (bytes !== undefined) socket.write(bytes);
  socket.uncork();
  return start.byteLength + (bytes?.byteLength ?? 0);
}

/** Puts frames together where they are read: the bytes of one arrive where they stay, and nobody else has them. */
export class FrameReader {
  readonly #receive: (frame: Frame, sizeBytes: number) => void;
  #room: Buffer = Buffer.allocUnsafeSlow(AHEAD_BYTES);
  /** Where the frame begins that is not whole, and where what was read ends. */
  #from = 0;
  #to = 0;

  /** `receive` is called for each whole frame, in order. */
  constructor(receive: (frame: Frame, sizeBytes: number) => void) {
    this.#receive = receive;
  }

  /** Where the next bytes belong; never empty. */
  room(): Buffer {
    return this.#room.subarray(this.#to);
  }

  /** So many bytes were put there. Throws a RangeError for a frame that is too large. */
  filled(bytes: number): void {
    this.#to += bytes;
    let isGiven = false;
    let wantedBytes = this.#wantedBytes();
    while (this.#to - this.#from >= wantedBytes) {
      const frame = parsed(this.#room.subarray(this.#from, this.#from + wantedBytes));
      isGiven ||= frame.bytes !== undefined;
      this.#from += wantedBytes;
      this.#receive(frame, wantedBytes);
      wantedBytes = this.#wantedBytes();
    }
    const isEmpty = this.#from === this.#to && !isGiven;
    if (isEmpty) [this.#from, this.#to] = [0, 0];
    if (isGiven || this.#from + wantedBytes > this.#room.byteLength) this.#moveTo(wantedBytes);
  }

  #moveTo(wantedBytes: number): void {
    const room = Buffer.allocUnsafeSlow(wantedBytes + AHEAD_BYTES);
    this.#room.copy(room, 0, this.#from, this.#to);
    [this.#room, this.#from, this.#to] = [room, 0, this.#to - this.#from];
  }

  #wantedBytes(): number {
    if (this.#to - this.#from < LENGTHS_BYTES) return LENGTHS_BYTES;
    const [head, body] = [this.#room.readUInt32BE(this.#from), this.#room.readUInt32BE(this.#from + 4)];
    if (head > HEAD_MAX_BYTES || body > PART_MAX_BYTES) throw new RangeError('a frame is too large');
    return LENGTHS_BYTES + head + body;
  }
}

function parsed(whole: Buffer): Frame {
  const bodyAt = LENGTHS_BYTES + whole.readUInt32BE(0);
  const frame = JSON.parse(whole.toString('utf8', LENGTHS_BYTES, bodyAt)) as Frame & { readonly hasBytes: boolean };
  return { ...frame, bytes: frame.hasBytes ? whole.subarray(bodyAt) : undefined };
}
