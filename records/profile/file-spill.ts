/** Room outside memory in a private folder: hashes of keys, which nobody else on the machine may read. */
import { createReadStream } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../kernel/fault.ts';
import { SPILL_BYTES_MAX } from './limits.ts';
import type { Spill } from './spill.ts';

const OWNER_ONLY_FOLDER = 0o700;
const OWNER_ONLY_FILE = 0o600;
const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
const READ_AHEAD_BYTES = 64 * 1024;

export interface FileSpillOptions {
  /** Beyond it writing fails with SPACE_EXHAUSTED. */
  readonly bytesMax?: number | undefined;
  /** What is removed stays until `sweep`, for a checkpoint that still names it. */
  readonly keepsRemoved?: boolean | undefined;
}

export class FileSpill implements Spill {
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #keepsRemoved: boolean;
  readonly #removed = new Set<string>();
  #sizeBytes = 0;

  private constructor(folder: string, { bytesMax = SPILL_BYTES_MAX, keepsRemoved = false }: FileSpillOptions) {
    this.#folder = folder;
    this.#bytesMax = bytesMax;
    this.#keepsRemoved = keepsRemoved;
  }

  /** Makes the folder where there is none. */
  static async open(folder: string, options: FileSpillOptions = {}): Promise<FileSpill> {
    await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    return new FileSpill(folder, options);
  }

  async write(name: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.#removed.delete(name);
    const file = await open(this.#pathOf(name), 'w', OWNER_ONLY_FILE);
    try {
      for await (const chunk of chunks) {
        this.#sizeBytes += chunk.byteLength;
        if (this.#sizeBytes > this.#bytesMax) throw this.#full();
        await file.writeFile(chunk);
      }
    } catch (error) {
      throw FULL_CODES.has((error as NodeJS.ErrnoException).code ?? '') ? this.#full() : error;
    } finally {
      await file.close();
    }
  }

  read(name: string): AsyncIterable<Uint8Array> {
    return createReadStream(this.#pathOf(name), { highWaterMark: READ_AHEAD_BYTES });
  }

  async remove(name: string): Promise<void> {
    this.#removed.add(name);
    if (!this.#keepsRemoved) await this.sweep();
  }

  /** Deletes what was removed. */
  async sweep(): Promise<void> {
    for (const name of this.#removed) {
      const path = this.#pathOf(name);
      this.#sizeBytes -= (await stat(path).catch(() => undefined))?.size ?? 0;
      await rm(path, { force: true });
    }
    this.#removed.clear();
  }

  #pathOf(name: string): string {
    return join(this.#folder, `${name}.run`);
  }

  #full(): Fault {
    const message = `the keys of the dataset need more room than there is (at most ${this.#bytesMax} bytes); make some`;
    return new Fault({ code: 'SPACE_EXHAUSTED', retry: 'permanent', message });
  }
}
