/**
 * Both ends of one stream over a link. The sender goes on while less than a window of it has not been taken, so that
 * neither side waits for the other at each frame, and what waits at the receiver is bounded.
 */
import { PART_MAX_BYTES, type Frame } from './frames.ts';

/** Of a stream that was sent and not taken; the last frame may go beyond it. */
export const WINDOW_BYTES = 1024 * 1024;
/** What a frame counts for beside its length, so that short ones are bounded too. */
export const FRAME_COSTS_BYTES = 4 * 1024;
/** Told at once, not for each frame. */
const TELL_EVERY_BYTES = WINDOW_BYTES / 2;
/** In one frame: values that are there at once, up to so many, or until they are so long. */
const VALUES_MAX = 512;
const VALUES_CHARS_MAX = 64 * 1024;

/** What has come of a stream and was not taken. */
export class Arriving {
  readonly #frames: { readonly frame: Frame; readonly costsBytes: number }[] = [];
  readonly #tell: (takenBytes: number) => void;
  #wake = Promise.withResolvers<void>();
  #untoldBytes = 0;
  #takenBytes = 0;
  #lost: Error | undefined;

  /** `tell` lets the other side send more. */
  constructor(tell: (takenBytes: number) => void) {
    this.#tell = tell;
  }

  /** Throws a RangeError for a frame that may not have been sent yet. */
  add(frame: Frame, sizeBytes: number): void {
    if (this.#untoldBytes >= WINDOW_BYTES) throw new RangeError('more of a stream was sent than was taken');
    const costsBytes = sizeBytes + FRAME_COSTS_BYTES;
    this.#untoldBytes += costsBytes;
    this.#frames.push({ frame, costsBytes });
    this.#wake.resolve();
  }

  /** Nothing will come behind what came. */
  lose(error: Error): void {
    this.#lost = error;
    this.#wake.resolve();
  }

  /** Fails once it is lost and what came before is taken. */
  async next(): Promise<Frame> {
    for (;;) {
      const next = this.#frames.shift();
      if (next !== undefined) {
        this.#take(next.costsBytes);
        return next.frame;
      }
      if (this.#lost !== undefined) throw this.#lost;
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
  }

  #take(costsBytes: number): void {
    this.#takenBytes += costsBytes;
    if (this.#takenBytes < TELL_EVERY_BYTES) return;
    this.#untoldBytes -= this.#takenBytes;
    this.#tell(this.#takenBytes);
    this.#takenBytes = 0;
  }
}

/** The side of the socket that sends. */
export interface Sender {
  /** The length of what was sent. */
  send(frame: SentFrame): number;
  /** Resolves while little is written and not sent. */
  ready(): Promise<void> | undefined;
}

export class Sending {
  readonly #values: AsyncIterator<unknown>;
  readonly #sender: Sender;
  #untakenBytes = 0;
  #isSending = false;
  #isOver = false;
  /** What was asked of `values` and has not come, or came too late for its frame. */
  #ahead: Promise<IteratorResult<unknown>> | undefined;

  constructor(values: AsyncIterable<unknown>, sender: Sender) {
    this.#values = values[Symbol.asyncIterator]();
    this.#sender = sender;
  }

  /** Sends until the window is full; resolves to whether nothing more will come. Fails where the stream does. */
  async go(): Promise<boolean> {
    if (this.#isSending) return false;
    this.#isSending = true;
    try {
      while (this.#untakenBytes < WINDOW_BYTES && !this.#isOver) {
        await this.#sender.ready();
        const frame = await this.#gathered();
        // Whoever stopped it may wait for it to stop.
        if (this.#isOver) this.#sender.send({ kind: 'end' });
        if (this.#isOver) return true;
        this.#untakenBytes += this.#sender.send(frame) + FRAME_COSTS_BYTES;
        if (frame.kind === 'end') return true;
      }
      return false;
    } finally {
      this.#isSending = false;
    }
  }

  /** Throws a RangeError for more than was sent. */
  taken(bytes = 0): void {
    if (!(bytes >= 0 && bytes <= this.#untakenBytes)) throw new RangeError('more was taken than was sent');
    this.#untakenBytes -= bytes;
  }

  leave(): void {
    this.#isOver = true;
    this.#values.return?.().catch(() => {});
  }

  /** The next frame: bytes alone, else every value that comes without anything being waited for. */
  async #gathered(): Promise<SentFrame> {
    const values: unknown[] = [];
    let chars = 0;
    let turn: Promise<undefined> | undefined;
    while (values.length < VALUES_MAX && chars < VALUES_CHARS_MAX) {
      const next = (this.#ahead ??= this.#values.next());
      // Told to whoever asks for the next frame.
      next.catch(() => {});
      turn ??= values.length === 0 ? undefined : new Promise((resolve) => void setImmediate(resolve, undefined));
      const came = await (turn === undefined ? next : Promise.race([next, turn]).catch(() => undefined));
      if (came === undefined) break;
      const isAlone = came.done === true || came.value instanceof Uint8Array;
      if (isAlone && values.length > 0) break;
      this.#ahead = undefined;
      if (came.done === true) return { kind: 'end' };
      if (came.value instanceof Uint8Array) return { kind: 'bytes', bytes: this.#part(came.value) };
      values.push(came.value);
      chars += JSON.stringify(came.value)?.length ?? 0;
    }
    return { kind: 'values', values };
  }

  #part(bytes: Uint8Array): Uint8Array {
    if (bytes.byteLength <= PART_MAX_BYTES) return bytes;
    this.#ahead = Promise.resolve({ done: false, value: bytes.subarray(PART_MAX_BYTES) });
    return bytes.subarray(0, PART_MAX_BYTES);
  }
}

type SentFrame = Pick<Frame, 'kind' | 'values' | 'bytes'>;
