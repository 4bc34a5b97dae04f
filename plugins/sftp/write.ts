/** Writing a file: a bounded window of WRITE requests behind the sender, made durable where the server can. */
import { createHash } from 'node:crypto';
import { ConnectorError, unlessAborted } from '@waybill/connector-sdk';
import { explain, hasStatus } from './failure.ts';
import { SMALL_REQUEST_BYTES, weightOf } from './request-sizes.ts';
import type { Root } from './root.ts';
import type { Handle, Session } from './session.ts';
import { FieldReader, OPEN_FLAGS, STATUS } from './wire.ts';

/** Of small requests, 2 MiB; a larger one counts for several. */
const REQUESTS_MAX = 64;
const FSYNC = 'fsync@openssh.com';
const STATVFS = 'statvfs@openssh.com';
/** Nobody else reads what is not committed. */
const HIDDEN_PERMISSIONS = 0o700;
/** Less than this is as good as full: other writers are at work too. */
const SPACE_LEFT_MIN_BYTES = 256 * 1024;

export interface Written {
  /** As the server reports it. */
  readonly sizeBytes: number;
  /** SHA-256 of what was sent. */
  readonly sha256: string;
}

/** Writes a file in folders that nobody else may look into, and makes those that are not there. */
export async function writeHidden(
  root: Root,
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Written> {
  const session = await root.session(signal);
  const place = root.locate(path);
  try {
    return await writeFile(session, place, bytes, signal);
  } catch (error) {
    if (!hasStatus(error, STATUS.noSuchFile)) throw error;
  }
  // Opening failed before a byte was taken: a folder is not there yet.
  const parts = path.split('/').slice(0, -1);
  for (const depth of parts.keys()) {
    const folder = root.locate(parts.slice(0, depth + 1).join('/'));
    await session.makeFolder(folder, HIDDEN_PERMISSIONS).catch(() => {});
  }
  return writeFile(session, place, bytes, signal);
}

/** Writes a new file, in the place of one that is there. SPACE_EXHAUSTED where the server says how full it is. */
async function writeFile(
  session: Session,
  path: Buffer,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Written> {
  signal.throwIfAborted();
  const handle = await create(session, path);
  let closed: Promise<void> | undefined;
  try {
    const window = new Window(signal);
    const sha256 = await send(session, handle, bytes, window);
    // Requests on one handle are served in order, so these wait for the writes at the server, not here.
    const synced = session.extensions.has(FSYNC) ? session.extended(FSYNC, { bytes: handle }) : undefined;
    const described = session.statHandle(handle);
    // The last word on a write: a server may store only then what it was sent (rclone), or find that it cannot.
    closed = session.closeHandle(handle);
    const [attributes] = await unlessAborted(Promise.all([described, window.empty(), synced, closed]), signal);
    return { sizeBytes: attributes.sizeBytes ?? -1, sha256 };
  } catch (error) {
    throw await fullOr(session, path, error);
  } finally {
    if (closed === undefined) session.closeHandle(handle).catch(() => {});
  }
}

const CREATE = OPEN_FLAGS.write | OPEN_FLAGS.create | OPEN_FLAGS.truncate | OPEN_FLAGS.exclusive;

/** What is there may be a second name of a delivered file, left by a commit that was cut: it is not written into. */
async function create(session: Session, path: Buffer): Promise<Handle> {
  try {
    return await session.openFile(path, CREATE);
  } catch (error) {
    if (!hasStatus(error, STATUS.failure)) throw error;
  }
  await session.remove(path).catch(() => {});
  return session.openFile(path, CREATE);
}

async function send(
  session: Session,
  handle: Handle,
  bytes: AsyncIterable<Uint8Array>,
  window: Window,
): Promise<string> {
  const hash = createHash('sha256');
  let position = 0;
  for await (const chunk of bytes) {
    hash.update(chunk);
    const pieceBytes = await pieceBytesOf(session, chunk.byteLength);
    for (let at = 0; at < chunk.byteLength; at += pieceBytes) {
      const piece = chunk.subarray(at, at + pieceBytes);
      const weight = weightOf(piece.byteLength);
      await window.room(weight);
      window.add(session.write(handle, position, piece), weight);
      position += piece.byteLength;
    }
  }
  return hash.digest('hex');
}

/** Pieces of about one size: a small rest would cost as much as a large request. */
async function pieceBytesOf(session: Session, chunkBytes: number): Promise<number> {
  if (chunkBytes <= SMALL_REQUEST_BYTES) return chunkBytes;
  const { writeBytes } = await session.requestSizes();
  return Math.ceil(chunkBytes / Math.ceil(chunkBytes / writeBytes));
}

/** Unanswered writes: at most so many, and the first failure ends it. */
class Window {
  readonly #signal: AbortSignal;
  #unanswered = 0;
  #failed: { readonly error: unknown } | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(write: Promise<void>, weight: number): void {
    this.#unanswered += weight;
    write
      .catch((error: unknown) => {
        this.#failed ??= { error };
      })
      .finally(() => {
        this.#unanswered -= weight;
        this.#changed.resolve();
        this.#changed = Promise.withResolvers();
      });
  }

  /** Resolves when one more write of this weight may leave. */
  async room(weight: number): Promise<void> {
    await this.#until(REQUESTS_MAX - weight);
  }

  /** Resolves when every write was answered with OK. */
  async empty(): Promise<void> {
    await this.#until(0);
  }

  async #until(unansweredMax: number): Promise<void> {
    this.#signal.throwIfAborted();
    while (this.#unanswered > unansweredMax && this.#failed === undefined) {
      await unlessAborted(this.#changed.promise, this.#signal);
    }
    if (this.#failed !== undefined) throw this.#failed.error;
  }
}

/** Version 3 has one status for every failure of a write; how full the disk is tells them apart. */
async function fullOr(session: Session, path: Buffer, error: unknown): Promise<unknown> {
  if (!hasStatus(error, STATUS.failure) || !session.extensions.has(STATVFS)) return error;
  try {
    const reader = new FieldReader(await session.extended(STATVFS, { bytes: path }));
    const blockBytes = (reader.uint64(), reader.uint64());
    const freeBlocks = (reader.uint64(), reader.uint64(), reader.uint64());
    if (freeBlocks * blockBytes >= SPACE_LEFT_MIN_BYTES) return error;
  } catch (asking) {
    return explain(asking, 'asking for the free space of', path.toString());
  }
  return new ConnectorError('SPACE_EXHAUSTED', `the disk of ${session.peer} is full; free space there and resume`);
}
