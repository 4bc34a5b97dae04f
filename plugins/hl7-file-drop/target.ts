import { createHash } from 'node:crypto';
import { link, lstat, open, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  ConnectorError,
  isConnectorError,
  type Parcel,
  type Receipt,
  type Staged,
  type Target,
} from '@waybill/connector-sdk';
import { codeOf, explain, unlessGone } from './failure.ts';
import { type Finished, isMarker, markFinished, requireNoMarker } from './finished.ts';
import { digestName, makeFolder, syncFolder, type DropFolder } from './folder.ts';
import { readFile } from './read.ts';
import { requireOneMessage, type Sent } from './sent.ts';
import { STAGING_FOLDER, sweep } from './sweep.ts';

/** Staged messages hold patient data: nobody else may read them. */
const STAGING_MODE = 0o700;

/** Files dropped into a folder: whole, durable, and never over another. */
export function dropTarget(drop: DropFolder, finished: Finished, sent: Sent | undefined): Target {
  return {
    // A folder does not say who put a file there; the commit compares contents, so staging again is safe.
    stat: async (parcel) => {
      drop.locate(parcel.path);
      requireNoMarker(parcel.path, finished);
      return undefined;
    },
    stage: async (parcel, bytes, signal) => {
      requireNoMarker(parcel.path, finished);
      return stage(drop, parcel, bytes, signal, sent !== undefined);
    },
    commit: async (parcel, staged, signal) => {
      const receipt = await commit(drop, parcel, staged, signal, sent);
      await markFinished(drop, parcel.path, finished);
      return receipt;
    },
    discard: async (staged) => {
      await rm(placeOf(drop, staged.key), { force: true });
    },
    read: (targetId, offsetBytes, signal) => readPlaced(drop, targetId, offsetBytes, signal, sent),
    ...(sent && { acknowledgement: (targetId, signal) => sent.acknowledgement(targetId, signal) }),
    close: async () => {},
    listing: {
      async *items(signal) {
        for await (const { path, sizeBytes } of sweep(drop, () => true, signal)) {
          if (isMarker(path, finished)) continue;
          yield { targetId: path, key: path, sizeBytes };
        }
      },
      // Files are all there is.
      async *records() {},
    },
  };
}

async function stage(
  drop: DropFolder,
  parcel: Parcel,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  isAcknowledged: boolean,
): Promise<Staged> {
  drop.locate(parcel.path);
  if (parcel.shape !== 'bytes') {
    throw new ConnectorError('UNSUPPORTED', 'a drop folder takes whole items; map no records for it');
  }
  const place = placeOf(drop, parcel.key);
  try {
    signal.throwIfAborted();
    await makeFolder(join(drop.root, STAGING_FOLDER), STAGING_MODE);
    await write(place, bytes, signal);
    // Read back, so that the digest is of what the folder holds and not of what was meant.
    const held = await digestOf(drop, stagedName(parcel.key), signal);
    if (isAcknowledged) await requireOneMessage(parcel.path, readFile(drop, stagedName(parcel.key), 0, signal));
    return { key: parcel.key, ...held, state: { sha256: held.sha256 } };
  } catch (error) {
    await rm(place, { force: true });
    throw explain(error, 'staging', parcel.path);
  }
}

async function write(place: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  // A commit that was cut may have left a second name of the delivered file here: it is not to be written into.
  await rm(place, { force: true });
  const file = await open(place, 'wx');
  try {
    for await (const chunk of bytes) {
      signal.throwIfAborted();
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(place));
}

/** What its receiver took away is not lost. */
async function* readPlaced(
  drop: DropFolder,
  path: string,
  offsetBytes: number,
  signal: AbortSignal,
  sent: Sent | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* readFile(drop, path, offsetBytes, signal);
  } catch (error) {
    const isGone = isConnectorError(error) && error.code === 'ITEM_NOT_FOUND';
    if (!isGone || sent === undefined || !(await sent.isPlaced(path))) throw error;
    const taken = `the receiver has taken ${JSON.stringify(path)} away`;
    throw new ConnectorError('NOT_READABLE', taken, { cause: error });
  }
}

/** Puts the staged file into place, and notes it before and after: what was placed may be taken away at once. */
async function placeNoted(
  drop: DropFolder,
  parcel: Parcel,
  staged: Staged,
  signal: AbortSignal,
  sent: Sent,
): Promise<void> {
  const { path } = parcel;
  const place = placeOf(drop, staged.key);
  const isStaged = (await lstat(place).catch(unlessGone)) !== undefined;
  if (!isStaged && (await sent.isPlaced(path))) return;
  if (!isStaged) return putInPlace(drop, parcel, staged, signal);
  const message = await requireOneMessage(path, readFile(drop, stagedName(staged.key), 0, signal));
  if ((await sent.begin(path, place, { ...message, sha256: String(staged.state.sha256) })) === 'placed') return;
  try {
    await putInPlace(drop, parcel, staged, signal);
  } catch (error) {
    await sent.undo(path);
    throw error;
  }
  await sent.placed(path);
}

/** Unlike rename, link never replaces what is there. */
async function putInPlace(drop: DropFolder, { path }: Parcel, staged: Staged, signal: AbortSignal): Promise<void> {
  const place = placeOf(drop, staged.key);
  await link(place, drop.locate(path)).catch((error: unknown) => requireInPlace(drop, path, staged, error, signal));
}

async function commit(
  drop: DropFolder,
  parcel: Parcel,
  staged: Staged,
  signal: AbortSignal,
  sent: Sent | undefined,
): Promise<Receipt> {
  const [place, final] = [placeOf(drop, staged.key), drop.locate(parcel.path)];
  try {
    signal.throwIfAborted();
    await drop.ensureFoldersOf(parcel.path);
    if (sent === undefined) await putInPlace(drop, parcel, staged, signal);
    else await placeNoted(drop, parcel, staged, signal, sent);
    await unlink(place).catch(unlessGone);
    await syncFolder(dirname(final));
    return { targetId: parcel.path };
  } catch (error) {
    throw explain(error, 'committing', parcel.path);
  }
}

/** The link failed: that is well only when the same content is in place already. */
async function requireInPlace(
  drop: DropFolder,
  path: string,
  staged: Staged,
  error: unknown,
  signal: AbortSignal,
): Promise<void> {
  const code = codeOf(error);
  if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
  const found = await lstat(drop.locate(path)).catch(unlessGone);
  if (found === undefined) {
    throw new ConnectorError(
      'ITEM_NOT_FOUND',
      `nothing is staged for ${JSON.stringify(path)} any more; stage it again`,
    );
  }
  if (found.isFile() && (await digestOf(drop, path, signal)).sha256 === staged.state.sha256) return;
  const remedy = 'move what is there away, or exclude the item';
  throw new ConnectorError(
    'ITEM_CONFLICT',
    `${JSON.stringify(path)} exists at the target with other content; ${remedy}`,
  );
}

async function digestOf(
  drop: DropFolder,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly sizeBytes: number; readonly sha256: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of readFile(drop, path, 0, signal)) {
    hash.update(chunk);
    sizeBytes += chunk.byteLength;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

/** Derived from the key, so that a token that was tampered with points nowhere else. */
function placeOf(drop: DropFolder, key: string): string {
  return join(drop.root, stagedName(key));
}

function stagedName(key: string): string {
  return `${STAGING_FOLDER}/${digestName(key)}`;
}
