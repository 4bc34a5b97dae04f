/** What travels between the host and a connector's own process: small JSON heads, with bytes after them or without. */
import type { Duplex } from 'node:stream';

/** A chunk of eight MiB and its head. */
const FRAME_MAX_BYTES = 9 * 1024 * 1024;
const LENGTHS_BYTES = 8;

export interface Frame {
  readonly kind: 'call' | 'stream' | 'done' | 'fail' | 'pull' | 'values' | 'bytes' | 'end' | 'stop';
  /** Of the call or stream, counted by whoever began it. */
  readonly id: number;
  /** Whether whoever sends it began the call. */
  readonly mine: boolean;
  readonly method?: string | undefined;
  readonly value?: unknown;
  /** Those of a stream that were there at once. */
  readonly values?: readonly unknown[] | undefined;
  readonly error?: SentError | undefined;
  readonly bytes?: Uint8Array | undefined;
}

/** A coded error, or the kind of one that was not foreseen; never the words of the latter. */
export interface SentError {
  readonly code?: string | undefined;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** Writes one frame. Frames move one for each that is asked for, so what waits here is bounded by what was asked. */
export function send(socket: Duplex, { bytes, ...head }: Frame): void {
  const text = Buffer.from(JSON.stringify({ ...head, hasBytes: bytes !== undefined }));
  const lengths = Buffer.allocUnsafe(LENGTHS_BYTES);
  lengths.writeUInt32BE(text.byteLength, 0);
  lengths.writeUInt32BE(bytes?.byteLength ?? 0, 4);
  socket.cork();
  socket.write(lengths);
  socket.write(text);
  if (bytes !== undefined) socket.write(bytes);
  socket.uncork();
}

/** Calls `receive` for each whole frame, in order. Throws a RangeError for one that is too large. */
export function frameReader(receive: (frame: Frame) => void): (piece: Uint8Array) => void {
  let held: Buffer = Buffer.alloc(0);
  const pieces: Uint8Array[] = [];
  let heldBytes = 0;
  let wantedBytes = LENGTHS_BYTES;
  return (piece) => {
    pieces.push(piece);
    heldBytes += piece.byteLength;
    while (heldBytes >= wantedBytes) {
      const [only, ...more] = pieces.splice(0);
      held = only !== undefined && more.length === 0 ? viewOf(only) : Buffer.concat([only ?? held, ...more]);
      const [head, body] = [held.readUInt32BE(0), held.readUInt32BE(4)];
      wantedBytes = LENGTHS_BYTES + head + body;
      if (wantedBytes > FRAME_MAX_BYTES) throw new RangeError('a frame is too large');
      if (held.byteLength >= wantedBytes) {
        const parsed = JSON.parse(held.toString('utf8', LENGTHS_BYTES, LENGTHS_BYTES + head)) as Frame & {
          readonly hasBytes: boolean;
        };
        // Read for this frame, or for the few that came with it: nobody else has these bytes.
        const bytes = parsed.hasBytes ? held.subarray(LENGTHS_BYTES + head, wantedBytes) : undefined;
        held = held.subarray(wantedBytes);
        heldBytes = held.byteLength;
        wantedBytes = LENGTHS_BYTES;
        receive({ ...parsed, bytes });
      }
      pieces.push(held);
    }
  };
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
