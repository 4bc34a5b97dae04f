import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { ConnectorError } from '@waybill/connector-sdk';
import { changedWhileRead } from '@waybill/connector-sdk/files';
import { explain } from './failure.ts';

const CHUNK_BYTES = 256 * 1024;

/** Streams a file from the offset to its end. Fails with ITEM_CHANGED when it is not the same after as before. */
export async function* readFile(
  place: string,
  path: string,
  offsetBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    signal.throwIfAborted();
    // Not blocking: a named pipe must not hold the open for ever.
    file = await open(place, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    yield* readUnchanged(file, path, offsetBytes, signal);
  } catch (error) {
    throw explain(error, 'reading', path);
  } finally {
    await file?.close();
  }
}

async function* readUnchanged(
  file: FileHandle,
  path: string,
  offsetBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const before = await file.stat({ bigint: true });
  if (!before.isFile()) throw new ConnectorError('ITEM_NOT_FOUND', `${JSON.stringify(path)} is no file`);
  const sizeBytes = Number(before.size);
  let position = offsetBytes;
  while (position < sizeBytes) {
    signal.throwIfAborted();
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, sizeBytes - position));
    const { bytesRead } = await file.read(chunk, 0, chunk.byteLength, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
  const after = await file.stat({ bigint: true });
  const isSame = after.size === before.size && after.mtimeNs === before.mtimeNs && position === Math.max(sizeBytes, 0);
  if (!isSame) throw changedWhileRead(path);
}
