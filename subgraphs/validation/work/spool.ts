/** Scratch files of one job: lines for DuckDB to read and contents to come back to. Gone when the job ends. */
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PIECE_BYTES, UTF8_MAX_BYTES } from '../../../runtime/lines.ts';

const PENDING_MAX_BYTES = 256 * 1024;
/** Lines are gathered in pages: a small buffer for each would keep all of the pool in memory that Node cut it from. */
const PAGE_BYTES = 64 * 1024;
/** Pages and gathered bytes that were written are filled again; more of them than wait at a time are never needed. */
const FREE_PAGES_MAX = PENDING_MAX_BYTES / PAGE_BYTES;
const GATHERED_BYTES = PENDING_MAX_BYTES + 2 * PAGE_BYTES;
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

export interface Lines {
  readonly file: string;
  readonly inPieces?: boolean;
}

export class Spool {
  readonly folder: string;
  readonly #files = new Map<string, Promise<ScratchFile>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The file of that name; it is there, and empty, when first asked for. */
  file(name: string): Promise<ScratchFile> {
    return this.#open(name, Number.POSITIVE_INFINITY);
  }

  /** A file of lines; one in pieces is added to, and read by others. */
  lines({ file, inPieces = false }: Lines): Promise<ScratchFile> {
    return this.#open(file, inPieces ? PIECE_BYTES : Number.POSITIVE_INFINITY);
  }

  #open(name: string, pieceBytes: number): Promise<ScratchFile> {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const path = join(this.folder, name);
    const opening = open(path, 'a+').then((handle) => new ScratchFile(path, handle, pieceBytes));
    this.#files.set(name, opening);
    return opening;
  }

  async close(): Promise<void> {
    for (const file of this.#files.values()) await (await file).close();
  }
}

/** Where bytes lie in a file. */
export interface Place {
  readonly at: number;
  readonly sizeBytes: number;
}

/** Appended to from several places at once; every line and every content stays whole. */
export class ScratchFile {
  readonly path: string;
  readonly #pieceMaxBytes: number;
  readonly #pieces: string[];
  #handle: FileHandle;
  #pieceBytes = 0;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #sizeBytes = 0;
  #page: Buffer = Buffer.alloc(0);
  /** Full ones with lines that wait, and those that were written. */
  #full: Buffer[] = [];
  #free: Buffer[] = [];
  #gathered: Buffer | undefined;
  /** Which of the page are lines that wait, and are not in `#pending` yet. */
  #lines = { from: 0, to: 0 };
  #written: Promise<void> = Promise.resolve();

  /** Begun anew with each piece of so many bytes. */
  constructor(path: string, handle: FileHandle, pieceMaxBytes: number) {
    this.path = path;
    this.#handle = handle;
    this.#pieceMaxBytes = pieceMaxBytes;
    this.#pieces = [path];
  }

  /** Lines added so far. */
  lines = 0;

  /** In order; what is in each is whole. */
  get pieces(): readonly string[] {
    return this.#pieces;
  }

  get isEmpty(): boolean {
    return this.#sizeBytes === 0;
  }

  /** Whether enough waits to be written. */
  get isFull(): boolean {
    return this.#pendingBytes > PENDING_MAX_BYTES;
  }

  async line(row: object): Promise<void> {
    this.putLine(row);
    if (this.isFull) await this.flush();
  }

  /** Where the line lies, its end included. It waits in memory for the next flush. */
  putLine(row: object): Place {
    this.lines += 1;
    const text = `${JSON.stringify(row)}\n`;
    const mostBytes = text.length * UTF8_MAX_BYTES;
    if (mostBytes > PAGE_BYTES) {
      const bytes = Buffer.from(text);
      return { at: this.put(bytes), sizeBytes: bytes.byteLength };
    }
    if (this.#lines.to + mostBytes > this.#page.byteLength) {
      this.#endLines();
      if (this.#page.byteLength > 0) this.#full.push(this.#page);
      this.#page = this.#free.pop() ?? Buffer.allocUnsafeSlow(PAGE_BYTES);
      this.#lines = { from: 0, to: 0 };
    }
    const sizeBytes = this.#page.write(text, this.#lines.to);
    this.#lines.to += sizeBytes;
    return { at: this.#grow(sizeBytes), sizeBytes };
  }

  /** Resolves to where the bytes begin. */
  async append(bytes: Buffer): Promise<number> {
    const at = this.put(bytes);
    if (this.isFull) await this.flush();
    return at;
  }

  /** Where the bytes begin. They wait in memory for the next flush, and must stay as they are. */
  put(bytes: Buffer): number {
    this.#endLines();
    this.#pending.push(bytes);
    return this.#grow(bytes.byteLength);
  }

  /** Afterwards other readers of the file see everything appended so far. */
  async flush(): Promise<void> {
    this.#endLines();
    if (this.#pending.length === 0) return this.#written;
    const sizeBytes = this.#pendingBytes;
    const gathered = this.#gather();
    this.#written = this.#written.then(async () => {
      if (this.#pieceBytes >= this.#pieceMaxBytes) await this.#beginPiece();
      await this.#handle.appendFile(gathered.subarray(0, sizeBytes));
      this.#pieceBytes += sizeBytes;
      if (gathered.byteLength === GATHERED_BYTES) this.#gathered = gathered;
    });
    await this.#written;
  }

  async #beginPiece(): Promise<void> {
    await this.#handle.close();
    const path = `${this.path}.${this.#pieces.length}`;
    this.#handle = await open(path, 'a');
    this.#pieces.push(path);
    this.#pieceBytes = 0;
  }

  /** Everything that waits, copied, so that its pages are free again. */
  #gather(): Buffer {
    const gathered = this.#bufferFor(this.#pendingBytes);
    let at = 0;
    for (const some of this.#pending) at += some.copy(gathered, at);
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#free = [...this.#free, ...this.#full].slice(0, FREE_PAGES_MAX);
    this.#full = [];
    this.#lines = { from: 0, to: 0 };
    return gathered;
  }

  /** The one that was written last, or a new one; those for little or for very much are not kept. */
  #bufferFor(sizeBytes: number): Buffer {
    const known = sizeBytes <= GATHERED_BYTES ? this.#gathered : undefined;
    if (known !== undefined) this.#gathered = undefined;
    const isUsual = sizeBytes > PAGE_BYTES && sizeBytes <= GATHERED_BYTES;
    return known ?? Buffer.allocUnsafeSlow(isUsual ? GATHERED_BYTES : sizeBytes);
  }

  #endLines(): void {
    const { from, to } = this.#lines;
    if (from < to) this.#pending.push(this.#page.subarray(from, to));
    this.#lines.from = to;
  }

  /** The place of what was just added. */
  #grow(sizeBytes: number): number {
    const at = this.#sizeBytes;
    this.#sizeBytes += sizeBytes;
    this.#pendingBytes += sizeBytes;
    return at;
  }

  async read(at: number, sizeBytes: number): Promise<Buffer> {
    const bytes = Buffer.alloc(sizeBytes);
    await this.readInto(bytes, at);
    return bytes;
  }

  /** Fills `bytes` from the place `at` on. */
  async readInto(bytes: Buffer, at: number): Promise<void> {
    if (this.#pieces.length > 1) throw new RangeError('a file in pieces has no places');
    await this.#handle.read(bytes, 0, bytes.byteLength, at);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
