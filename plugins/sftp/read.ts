/** Reading a file: a bounded window of READ requests ahead of the reader, delivered in order, checked for change. */
import { ConnectorError, unlessAborted } from '@waybill/connector-sdk';
import { changedWhileRead } from '@waybill/connector-sdk/files';
import { explain } from './failure.ts';
import { SMALL_REQUEST_BYTES } from './request-sizes.ts';
import type { Handle, Session } from './session.ts';
import { OPEN_FLAGS, type Attributes } from './wire.ts';

/** What the reader gets at a time: as many whole requests as fit, eight small ones or a large one. */
const SLAB_MAX_BYTES = 256 * 1024;
/** Slabs under way: 2 MiB. */
const SLABS_MAX = 8;

/** A file that ended before the size its attributes gave. */
class Ended extends Error {}

/** Streams a file from the offset to its end. Fails with ITEM_CHANGED when it is not the same after as before. */
export async function* readFile(
  session: Session,
  path: string,
  wirePath: Buffer,
  offsetBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal.throwIfAborted();
  let handle: Handle | undefined;
  try {
    handle = await opened(session, wirePath, signal);
    yield* readUnchanged(session, path, handle, offsetBytes, signal);
  } catch (error) {
    throw explain(error, 'reading', path);
  } finally {
    // Nobody waits for the answer: a handle that does not close dies with its connection.
    if (handle !== undefined) session.closeHandle(handle).catch(() => {});
  }
}

/** The handle; one that comes after the caller stopped is closed. */
async function opened(session: Session, wirePath: Buffer, signal: AbortSignal): Promise<Handle> {
  const opening = session.openFile(wirePath, OPEN_FLAGS.read);
  try {
    return await unlessAborted(opening, signal);
  } catch (error) {
    opening.then((late) => session.closeHandle(late)).catch(() => {});
    throw error;
  }
}

async function* readUnchanged(
  session: Session,
  path: string,
  handle: Handle,
  offsetBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  // The first request leaves with the question for the size, so that a small file costs one round trip less.
  const first = Buffer.allocUnsafe(SMALL_REQUEST_BYTES);
  const firstRead = session.read(handle, offsetBytes, first);
  firstRead.catch(() => {});
  const before = await unlessAborted(session.statHandle(handle), signal);
  const sizeBytes = requireFile(before, path);
  let position = offsetBytes;
  try {
    const received = Math.min(await unlessAborted(firstRead, signal), Math.max(0, sizeBytes - offsetBytes));
    if (received > 0) yield first.subarray(0, received);
    position += received;
    for await (const slab of window(session, handle, position, sizeBytes, signal)) {
      yield slab;
      position += slab.byteLength;
    }
  } catch (error) {
    if (!(error instanceof Ended)) throw error;
  }
  const after = await unlessAborted(session.statHandle(handle), signal);
  if (after.sizeBytes !== sizeBytes || after.modifiedSeconds !== before.modifiedSeconds || offsetBytes > sizeBytes) {
    throw changedWhileRead(path);
  }
  if (position < sizeBytes) {
    throw new ConnectorError(
      'STREAM_TRUNCATED',
      `${JSON.stringify(path)} ended after ${position} of ${sizeBytes} bytes`,
    );
  }
}

function requireFile(attributes: Attributes, path: string): number {
  if ((attributes.type === 'file' || attributes.type === 'unknown') && attributes.sizeBytes !== undefined) {
    return attributes.sizeBytes;
  }
  throw new ConnectorError('ITEM_NOT_FOUND', `${JSON.stringify(path)} is no file`);
}

async function* window(
  session: Session,
  handle: Handle,
  from: number,
  to: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  if (from >= to) return;
  const { readBytes } = await unlessAborted(session.requestSizes(), signal);
  const slabBytes = Math.floor(SLAB_MAX_BYTES / readBytes) * readBytes;
  const ahead: Promise<Buffer>[] = [];
  let next = from;
  const fill = (): void => {
    while (ahead.length < SLABS_MAX && next < to) {
      const slab = readSlab(session, handle, next, Math.min(slabBytes, to - next), readBytes);
      // A slab that fails after the reader left has nobody to tell.
      slab.catch(() => {});
      ahead.push(slab);
      next += slabBytes;
    }
  };
  fill();
  for (let slab = ahead.shift(); slab !== undefined; slab = ahead.shift()) {
    const bytes = await unlessAborted(slab, signal);
    fill();
    yield bytes;
  }
}

async function readSlab(
  session: Session,
  handle: Handle,
  from: number,
  length: number,
  readBytes: number,
): Promise<Buffer> {
  const slab = Buffer.allocUnsafe(length);
  const pieces: Promise<void>[] = [];
  for (let at = 0; at < length; at += readBytes) {
    pieces.push(readPiece(session, handle, from + at, slab.subarray(at, at + readBytes)));
  }
  await Promise.all(pieces);
  return slab;
}

/** A server may answer with less than was asked for; the rest is asked for again. */
async function readPiece(session: Session, handle: Handle, from: number, into: Buffer): Promise<void> {
  for (let filled = 0; filled < into.byteLength; ) {
    const received = await session.read(handle, from + filled, into.subarray(filled));
    if (received === 0) throw new Ended();
    filled += received;
  }
}
