/** What a drop needs of a folder, wherever it is. Paths are relative to it and never lead out. */
import { createHash } from 'node:crypto';
import { ConnectorError, isConnectorError } from '@waybill/connector-sdk';

/** Waybill's own folder in a drop folder; it is nobody's item. */
export const STAGING_FOLDER = '.waybill-staged';
/** What is larger is no note and no acknowledgement. */
export const TEXT_BYTES_MAX = 1024 * 1024;

export interface Sweep {
  /** Which names are seen, of files and of folders. */
  admits(name: string): boolean;
  /** `top`: folders are not entered. */
  readonly depth: 'all' | 'top';
}

export interface Looked {
  readonly isFile: boolean;
  /** Another one once the file was written to or replaced. */
  readonly version: string;
}

export interface Swept {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAt: string | undefined;
  readonly version: string;
}

export interface DropFolder {
  /**
   * Every regular file but those under STAGING_FOLDER, with bounded memory; symlinks are not followed. Names that are
   * no UTF-8 fail it with PATH_REFUSED when all others were yielded.
   */
  sweep(wanted: Sweep, signal: AbortSignal): AsyncGenerator<Swept>;
  /** What lies there; a symlink is no file. Undefined: nothing. */
  look(path: string, signal: AbortSignal): Promise<Looked | undefined>;
  /** Streams a file. Fails with ITEM_NOT_FOUND, and with ITEM_CHANGED when it is not the same after as before. */
  read(path: string, offsetBytes: number, signal: AbortSignal): AsyncGenerator<Uint8Array>;
  /** Writes a file under STAGING_FOLDER, durably, in the place of what is there. */
  write(path: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  /**
   * Makes a written file visible under `path`, whole; it is staged no more then. It never replaces: the same content
   * there is well, other content is ITEM_CONFLICT, and nothing staged and nothing there ITEM_NOT_FOUND.
   */
  place(staged: Staging, path: string, signal: AbortSignal): Promise<void>;
  /** Removes a file under STAGING_FOLDER. Repeating it succeeds. */
  remove(path: string, signal: AbortSignal): Promise<void>;
}

export interface Staging {
  readonly path: string;
  readonly sha256: string;
}

/** A file name for a text that may name somebody, and that no text can lead out of its folder with. */
export function digestName(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export async function isFileAt(folder: DropFolder, path: string, signal: AbortSignal): Promise<boolean> {
  return (await folder.look(path, signal))?.isFile === true;
}

/** What the folder gives back, which may not be what it was given. */
export async function digestOf(
  folder: DropFolder,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of folder.read(path, 0, signal)) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

/** A small file; undefined where there is none, and while somebody is at it. */
export async function readSmall(folder: DropFolder, path: string, signal: AbortSignal): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of folder.read(path, 0, signal)) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > TEXT_BYTES_MAX) return Buffer.alloc(0);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (isConnectorError(error) && (error.code === 'ITEM_NOT_FOUND' || error.code === 'ITEM_CHANGED')) return undefined;
    throw error;
  }
}

/** Writes a small file durably, whole or not at all; where there is one, what it holds is given back and stays. */
export async function writeOnce(
  folder: DropFolder,
  path: string,
  text: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const before = await readSmall(folder, path, signal);
  if (before !== undefined) return before.toString();
  // Whoever writes something else there at the same time writes to a file of his own first.
  const staged = { path: stagedName(`${path}\n${text}`), sha256: digestName(text) };
  await folder.write(staged.path, once(text), signal);
  try {
    await folder.place(staged, path, signal);
    return undefined;
  } catch (error) {
    if (!isConnectorError(error) || error.code !== 'ITEM_CONFLICT') throw error;
    await folder.remove(staged.path, signal);
    return (await readSmall(folder, path, signal))?.toString() ?? '';
  }
}

/** Derived from the key, so that a token that was tampered with points nowhere else. */
export function stagedName(key: string): string {
  return `${STAGING_FOLDER}/${digestName(key)}`;
}

export function otherContent(path: string): ConnectorError {
  const message = `${JSON.stringify(path)} exists at the target with other content`;
  return new ConnectorError('ITEM_CONFLICT', `${message}; move what is there away, or exclude the item`);
}

export function nothingStaged(path: string): ConnectorError {
  const message = `nothing is staged for ${JSON.stringify(path)} any more; stage it again`;
  return new ConnectorError('ITEM_NOT_FOUND', message);
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
