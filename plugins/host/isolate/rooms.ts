/** Memory for the bytes of one stream, used again for a reader that is done with them before it asks for more. */
import type { Target } from '../../sdk/index.ts';

/** By this a target of a process of its own is read into such memory. */
export const SCAN = Symbol('scan');

export interface ScannedTarget extends Target {
  readonly [SCAN]?: Target['read'];
}

/** What waits of one stream is a window of it; beyond so many pieces of it memory is made anew. */
const FREE_MAX = 8;

export class Rooms {
  readonly #free: Buffer[] = [];
  readonly #given = new Map<Uint8Array, Buffer>();

  /** Room for bytes that come, which nobody else has. */
  readonly take = (sizeBytes: number): Buffer => {
    const free = this.#free.pop();
    const whole = free !== undefined && free.byteLength >= sizeBytes ? free : Buffer.allocUnsafeSlow(sizeBytes);
    const room = whole.subarray(0, sizeBytes);
    this.#given.set(room, whole);
    return room;
  };

  /** Its reader is done with what was put there; nothing happens to bytes that are elsewhere. */
  giveBack(bytes: Uint8Array): void {
    const whole = this.#given.get(bytes);
    this.#given.delete(bytes);
    if (whole !== undefined && this.#free.length < FREE_MAX) this.#free.push(whole);
  }
}
