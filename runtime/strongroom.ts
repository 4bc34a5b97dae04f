/** The strongroom: bytes under their own digest, written once. It is not trusted: every read verifies. */
import { randomBytes } from 'node:crypto';
import { closeSync, fsync, linkSync, openSync, unlinkSync, write, writeSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { canonicalJson, type Json } from '../kernel/canonical-json.ts';
import { isSha256, RunningDigest, type Sha256 } from '../kernel/digest.ts';
import { Fault } from '../kernel/fault.ts';
import { bytesOf, codeOf, missing, scanned, verified } from './kept-bytes.ts';
import { encodedTexts, parsedLines, withoutLines } from './lines.ts';

export interface Strongroom {
  /**
   * Keeps `bytes` and says under which digest; keeping the same bytes again changes nothing. It is done with a chunk
   * before it asks for the next.
   */
  put(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Kept>;
  has(digest: Sha256): Promise<boolean>;
  /** The bytes, verified: after the last chunk STRONGROOM_DAMAGED is thrown when they are not the digest's. */
  read(digest: Sha256): AsyncIterable<Uint8Array>;
  /** As `read`, for whoever is done with a chunk before the next is asked for: that overwrites it. */
  scan(digest: Sha256): AsyncIterable<Uint8Array>;
  /** The verified bytes at once. Fails with STRONGROOM_TOO_LARGE beyond `bytesMax`. */
  readWhole(digest: Sha256, bytesMax: number): Promise<Buffer>;
  /** The path of a copy that was verified just now; whoever reads it never writes it. */
  locate(digest: Sha256): Promise<string>;
}

export interface Kept {
  readonly digest: Sha256;
  readonly sizeBytes: number;
}

export interface KeptLines extends Kept {
  readonly lines: number;
}

const INCOMING = 'incoming';
/** What this run of this process writes is called; process ids come round again. */
const OURS = `${hostname()}~${process.pid}~${randomBytes(6).toString('hex')}~`;
const READ_ONLY = 0o444;
const FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);
const LINE_LENGTH_MAX_CHARS = 64 * 1024 * 1024;
const WRITTEN_HERE_MAX_BYTES = 64 * 1024;
// Names are opened and linked sooner than a thread is woken for them; fsync waits for the disk.
// By number, not by FileHandle, which costs as much as a small item; every file is closed where it was opened.
const syncFile = promisify(fsync);
const writeFile = promisify(write);

/** Opens the strongroom in `directory`/strongroom; what an interrupted write left behind is removed. */
export async function openStrongroom(directory: string): Promise<Strongroom> {
  const root = join(directory, 'strongroom');
  await mkdir(join(root, INCOMING), { recursive: true });
  await sweep(join(root, INCOMING));
  const known = new Set<string>();
  const pathOf = (digest: Sha256): string => {
    if (!isSha256(digest)) throw missing(digest);
    return join(root, digest.slice(0, 2), digest);
  };
  const read = (digest: Sha256): AsyncIterable<Uint8Array> => verified(bytesOf(pathOf(digest)), digest);
  const scan = (digest: Sha256): AsyncIterable<Uint8Array> => verified(scanned(pathOf(digest)), digest);
  return {
    put: (bytes) => put(root, known, bytes),
    has: (digest) => isThere(pathOf(digest)),
    read,
    scan,
    async readWhole(digest, bytesMax) {
      const chunks: Uint8Array[] = [];
      let sizeBytes = 0;
      for await (const chunk of read(digest)) {
        sizeBytes += chunk.byteLength;
        if (sizeBytes > bytesMax) throw tooLarge(digest, bytesMax);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    },
    async locate(digest) {
      for await (const _ of scan(digest));
      return pathOf(digest);
    },
  };
}

/** Seals a value: its canonical JSON bytes (RFC 8785) into the strongroom. */
export async function sealJson(room: Strongroom, value: Json): Promise<Sha256> {
  return (await room.put([Buffer.from(canonicalJson(value))])).digest;
}

/** Seals NDJSON: every value as one line of canonical JSON, each ended by a newline. */
export async function sealLines(room: Strongroom, lines: AsyncIterable<Json> | Iterable<Json>): Promise<KeptLines> {
  let count = 0;
  async function* encode(): AsyncGenerator<string> {
    for await (const line of lines) {
      count += 1;
      yield `${canonicalJson(line)}\n`;
    }
  }
  const kept = await room.put(encodedTexts(encode()));
  return { ...kept, lines: count };
}

/** Reads sealed NDJSON back, value by value, but for its first `passOver` lines. Damage is found after the last one. */
export async function* readLines<T>(room: Strongroom, digest: Sha256, passOver = 0): AsyncGenerator<T> {
  const bytes = withoutLines(room.scan(digest), passOver);
  yield* parsedLines<T>(bytes, LINE_LENGTH_MAX_CHARS, () => tooLarge(digest, LINE_LENGTH_MAX_CHARS));
}

async function put(
  root: string,
  known: Set<string>,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Kept> {
  const incoming = join(root, INCOMING, `${OURS}${randomBytes(12).toString('hex')}`);
  const digest = new RunningDigest();
  try {
    await writeDurably(incoming, bytes, digest);
    const value = digest.value();
    const folder = join(root, value.slice(0, 2));
    await makeFolder(root, folder, known);
    await linkOnce(incoming, join(folder, value), value);
    await syncFolder(folder);
    return { digest: value, sizeBytes: digest.sizeBytes };
  } catch (error) {
    throw FULL_CODES.has(codeOf(error) ?? '') ? full(error) : error;
  } finally {
    removeName(incoming);
  }
}

/** A new folder is durable once its parent is; that is asked for once a process. */
async function makeFolder(root: string, folder: string, known: Set<string>): Promise<void> {
  if (known.has(folder)) return;
  await mkdir(folder, { recursive: true });
  await syncFolder(root);
  known.add(folder);
}

async function writeDurably(
  path: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  digest: RunningDigest,
): Promise<void> {
  const file = openSync(path, 'wx', READ_ONLY);
  try {
    for await (const chunk of bytes) {
      digest.update(chunk);
      await writeAll(file, chunk);
    }
    await syncFile(file);
  } finally {
    closeSync(file);
  }
}

/** A short one goes into the memory of the system, and is there sooner than a thread would have taken it up. */
async function writeAll(file: number, chunk: Uint8Array): Promise<void> {
  const isShort = chunk.byteLength <= WRITTEN_HERE_MAX_BYTES;
  for (let at = 0; at < chunk.byteLength; ) {
    at += isShort ? writeSync(file, chunk, at) : (await writeFile(file, chunk, at)).bytesWritten;
  }
}

/** The bytes stay under their digest, if they are there already. */
function removeName(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Unlike rename, link never replaces what is there; what is there must be the same bytes. */
async function linkOnce(from: string, to: string, digest: Sha256): Promise<void> {
  try {
    linkSync(from, to);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    await verifyKept(to, digest);
  }
}

async function verifyKept(path: string, digest: Sha256): Promise<void> {
  for await (const _ of verified(scanned(path), digest));
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const file = openSync(folder, 'r');
  try {
    await syncFile(file);
  } finally {
    closeSync(file);
  }
}

/** Removes what interrupted writes left behind; writes of other processes, here or on other machines, go on. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [host, pid] = name.split('~');
    const abandoned = Number(pid) === process.pid ? !name.startsWith(OURS) : !isAlive(Number(pid));
    if (host === hostname() && abandoned) await rm(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function full(cause: unknown): Fault {
  const message = 'the strongroom has no room left on its disk; make room, then go on';
  return new Fault({ code: 'STRONGROOM_FULL', retry: 'transient', message, cause });
}

function tooLarge(digest: Sha256, max: number): Fault {
  const message = `a sealed document is larger than ${max}`;
  return new Fault({ code: 'STRONGROOM_TOO_LARGE', retry: 'permanent', message, subject: digest });
}
