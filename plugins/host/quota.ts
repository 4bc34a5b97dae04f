/** How much of a folder a connector may fill. What is there is counted as the disk does, by whole blocks. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { ConnectorError } from '../sdk/index.ts';

/** What a file takes at least, however short it is. */
const BLOCK_BYTES = 4 * 1024;
/** Other processes write to the same folder: what is there is counted again when it was counted longer ago. */
const COUNTED_FOR_MS = 60_000;
const STATS_AT_ONCE = 16;

export class Quota {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #bytesMax: number;
  readonly #writing = new Map<string, number>();
  #keptBytes = 0;
  #countedAtMs = Number.NEGATIVE_INFINITY;
  #counting: Promise<void> = Promise.resolve();

  constructor(folder: string, clock: Clock, bytesMax: number) {
    this.#folder = folder;
    this.#clock = clock;
    this.#bytesMax = bytesMax;
  }

  /** The same bytes, counted as they go into the new file `name`. Fails with SPACE_EXHAUSTED for too many. */
  counted(name: string, bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    this.#writing.set(name, 0);
    return this.#counted(name, bytes);
  }

  async *#counted(name: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    await this.#count();
    let sizeBytes = 0;
    this.#reserve(name, blocks(sizeBytes));
    for await (const chunk of bytes) {
      sizeBytes += chunk.byteLength;
      this.#reserve(name, blocks(sizeBytes));
      yield chunk;
    }
  }

  /** The new file `name` is there in the place of one of `replacedBytes`, or is gone. */
  async settled(name: string, became: 'kept' | 'nothing', replacedBytes = 0): Promise<void> {
    await this.#counting;
    if (became === 'kept') this.#keptBytes += (this.#writing.get(name) ?? 0) - replacedBytes;
    this.#writing.delete(name);
  }

  async removed(sizeBytes: number): Promise<void> {
    await this.#counting;
    this.#keptBytes -= sizeBytes;
  }

  /** What the file takes; nothing where there is none. */
  async sizeOf(path: string): Promise<number> {
    const found = await stat(path).catch(() => undefined);
    return found === undefined ? 0 : blocks(found.size);
  }

  #reserve(name: string, sizeBytes: number): void {
    const more = sizeBytes - (this.#writing.get(name) ?? 0);
    const writingBytes = [...this.#writing.values()].reduce((sum, each) => sum + each, 0);
    if (this.#keptBytes + writingBytes + more <= this.#bytesMax) {
      this.#writing.set(name, sizeBytes);
      return;
    }
    const message = `it may keep ${this.#bytesMax} bytes in the spool of this machine, and has them`;
    const remedy = 'set WAYBILL_SPOOL_MAX_BYTES higher, or ask its author what it keeps there';
    throw new ConnectorError('SPACE_EXHAUSTED', `${message}; ${remedy}`);
  }

  /** One after the other, so that of many writers one counts. */
  #count(): Promise<void> {
    const counting = this.#counting.then(async () => {
      const nowMs = this.#clock.now().getTime();
      if (nowMs - this.#countedAtMs < COUNTED_FOR_MS) return;
      this.#countedAtMs = nowMs;
      const names = await readdir(this.#folder).catch(() => [] as string[]);
      const others = names.filter((name) => !this.#writing.has(name));
      let keptBytes = 0;
      for (let at = 0; at < others.length; at += STATS_AT_ONCE) {
        const sizes = others.slice(at, at + STATS_AT_ONCE).map((name) => this.sizeOf(join(this.#folder, name)));
        for (const sizeBytes of await Promise.all(sizes)) keptBytes += sizeBytes;
      }
      this.#keptBytes = keptBytes;
    });
    this.#counting = counting;
    return counting;
  }
}

function blocks(sizeBytes: number): number {
  return Math.ceil(Math.max(1, sizeBytes) / BLOCK_BYTES) * BLOCK_BYTES;
}
