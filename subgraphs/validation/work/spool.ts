/** Scratch files of one job: lines for DuckDB to read and contents to come back to. Gone when the job ends. */
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const PENDING_LENGTH_MAX_CHARS = 256 * 1024;
const OWNER_ONLY = 0o700;

/** Makes an empty folder that only we can read, and removes it again. What a killed job left is removed first. */
export async function withSpool<T>(folder: string, work: (spool: Spool) => Promise<T>): Promise<T> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: OWNER_ONLY });
  const spool = new Spool(folder);
  try {
    return await work(spool);
  } finally {
    await spool.close();
    await rm(folder, { recursive: true, force: true });
  }
}

export class Spool {
  readonly folder: string;
  readonly #files = new Map<string, Promise<ScratchFile>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The file of that name; it is there, and empty, when first asked for. */
  file(name: string): Promise<ScratchFile> {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const path = join(this.folder, name);
    const opening = open(path, 'a+').then((handle) => new ScratchFile(path, handle));
    this.#files.set(name, opening);
    return opening;
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await (await file).close();
  }
}

/** Appended to from several places at once; every line and every content stays whole. */
export class ScratchFile {
  readonly path: string;
  readonly #handle: FileHandle;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #sizeBytes = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Lines added so far. */
  lines = 0;

  get isEmpty(): boolean {
    return this.#sizeBytes === 0;
  }

  async line(row: object): Promise<void> {
    this.lines += 1;
    await this.append(Buffer.from(`${JSON.stringify(row)}\n`));
  }

  /** Resolves to where the bytes begin. */
  async append(bytes: Buffer): Promise<number> {
    const at = this.#sizeBytes;
    this.#sizeBytes += bytes.byteLength;
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.byteLength;
    if (this.#pendingBytes > PENDING_LENGTH_MAX_CHARS) await this.flush();
    return at;
  }

  /** Afterwards other readers of the file see everything appended so far. */
  async flush(): Promise<void> {
    const [first] = this.#pending;
    const some = this.#pending.length === 1 && first !== undefined ? first : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#written = this.#written.then(() => this.#handle.appendFile(some));
    await this.#written;
  }

  async read(at: number, sizeBytes: number): Promise<Buffer> {
    const bytes = Buffer.alloc(sizeBytes);
    await this.readInto(bytes, at);
    return bytes;
  }

  /** Fills `bytes` from the place `at` on. */
  async readInto(bytes: Buffer, at: number): Promise<void> {
    await this.#handle.read(bytes, 0, bytes.byteLength, at);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
