/** A disk in memory, and one that dies between two steps. */
import { ConnectorError, type Spool } from '../../../plugins/sdk/index.ts';

export class MemorySpool implements Spool {
  readonly held = new Map<string, Buffer>();

  async write(key: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes) chunks.push(chunk);
    const whole = Buffer.concat(chunks);
    this.held.set(key, whole);
    return whole.byteLength;
  }

  async *read(key: string): AsyncGenerator<Uint8Array> {
    const whole = this.held.get(key);
    if (whole === undefined) throw new ConnectorError('ITEM_NOT_FOUND', 'the spool holds nothing under this key');
    yield whole;
  }

  async remove(key: string): Promise<void> {
    this.held.delete(key);
  }
}

/** Does so many steps more, and then the machine is off: the last one may or may not have reached the disk. */
export class DyingSpool implements Spool {
  readonly #disk: MemorySpool;
  readonly #isLastKept: boolean;
  #left: number;

  constructor(disk: MemorySpool, steps: number, isLastKept: boolean) {
    this.#disk = disk;
    this.#left = steps;
    this.#isLastKept = isLastKept;
  }

  async write(key: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
    return this.#step(() => this.#disk.write(key, bytes));
  }

  async *read(key: string): AsyncGenerator<Uint8Array> {
    if (this.#left <= 0) throw new Error('killed');
    yield* this.#disk.read(key);
  }

  async remove(key: string): Promise<void> {
    return this.#step(() => this.#disk.remove(key));
  }

  async #step<T>(work: () => Promise<T>): Promise<T> {
    this.#left -= 1;
    if (this.#left < 0 || (this.#left === 0 && !this.#isLastKept)) throw new Error('killed');
    const done = await work();
    if (this.#left === 0) throw new Error('killed');
    return done;
  }
}
