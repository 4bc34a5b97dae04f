import {
  ConnectorError,
  isConnectorError,
  type Parcel,
  type Receipt,
  requireSafePath,
  type Staged,
  type Target,
} from '@waybill/connector-sdk';
import { type Finished, isMarker, markFinished, requireNoMarker } from './finished.ts';
import { digestOf, type DropFolder, stagedName } from './folder.ts';
import type { Drop } from './open.ts';
import { requireOneMessage, type Sent } from './sent.ts';

/** Files dropped into a folder: whole, durable, and never over another. */
export function dropTarget({ folder, close }: Drop, finished: Finished, sent: Sent | undefined): Target {
  return {
    // A folder does not say who put a file there; the commit compares contents, so staging again is safe.
    stat: async ({ path }) => {
      requireSafePath(path);
      requireNoMarker(path, finished);
      return undefined;
    },
    stage: async (parcel, bytes, signal) => {
      requireNoMarker(parcel.path, finished);
      return stage(folder, parcel, bytes, signal, sent);
    },
    commit: async (parcel, staged, signal) => {
      await commit(folder, parcel, staged, signal, sent);
      await markFinished(folder, parcel.path, finished, signal);
      return { targetId: parcel.path } satisfies Receipt;
    },
    discard: (staged, signal) => folder.remove(stagedName(staged.key), signal),
    read: (targetId, offsetBytes, signal) => readPlaced(folder, targetId, offsetBytes, signal, sent),
    ...(sent && { acknowledgement: (targetId, signal) => sent.acknowledgement(targetId, signal) }),
    close,
    listing: {
      async *items(signal) {
        for await (const { path, sizeBytes } of folder.sweep({ admits: () => true, depth: 'all' }, signal)) {
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
  folder: DropFolder,
  { key, path, shape }: Parcel,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
  sent: Sent | undefined,
): Promise<Staged> {
  requireSafePath(path);
  if (shape !== 'bytes') {
    throw new ConnectorError('UNSUPPORTED', 'a drop folder takes whole items; map no records for it');
  }
  const place = stagedName(key);
  await sent?.again(path, signal);
  try {
    await folder.write(place, bytes, signal);
    // Read back, so that the digest is of what the folder holds and not of what was meant.
    const held = await digestOf(folder, place, signal);
    if (sent !== undefined) await requireOneMessage(path, folder.read(place, 0, signal));
    return { key, ...held, state: { sha256: held.sha256 } };
  } catch (error) {
    // Whoever stopped it waits for nothing more; what is left is written over, or discarded.
    await folder.remove(place, signal).catch(() => {});
    throw error;
  }
}

/** What its receiver took away is not lost. */
async function* readPlaced(
  folder: DropFolder,
  path: string,
  offsetBytes: number,
  signal: AbortSignal,
  sent: Sent | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    yield* folder.read(path, offsetBytes, signal);
  } catch (error) {
    const isGone = isConnectorError(error) && error.code === 'ITEM_NOT_FOUND';
    if (!isGone || sent === undefined || !(await sent.isPlaced(path, signal))) throw error;
    const taken = `the receiver has taken ${JSON.stringify(path)} away`;
    throw new ConnectorError('NOT_READABLE', taken, { cause: error });
  }
}

async function commit(
  folder: DropFolder,
  { path }: Parcel,
  { key, state }: Staged,
  signal: AbortSignal,
  sent: Sent | undefined,
): Promise<void> {
  const staged = { path: stagedName(key), sha256: String(state.sha256) };
  if (sent === undefined) await folder.place(staged, path, signal);
  else await placeNoted(folder, path, staged, signal, sent);
}

/** Puts the staged file into place, and notes it before and after: what was placed may be taken away at once. */
async function placeNoted(
  folder: DropFolder,
  path: string,
  staged: { readonly path: string; readonly sha256: string },
  signal: AbortSignal,
  sent: Sent,
): Promise<void> {
  const isStaged = (await folder.look(staged.path, signal)) !== undefined;
  if (!isStaged && (await sent.isPlaced(path, signal))) return;
  if (isStaged) {
    const message = await requireOneMessage(path, folder.read(staged.path, 0, signal));
    if ((await sent.begin(path, staged.path, { ...message, sha256: staged.sha256 }, signal)) === 'placed') {
      return folder.remove(staged.path, signal);
    }
  }
  try {
    await folder.place(staged, path, signal);
  } catch (error) {
    // A connection that was lost may have been lost with the answer.
    const isCertain = !isConnectorError(error) || error.retry === 'permanent';
    if (isStaged && isCertain) await sent.undo(path, signal).catch(() => {});
    throw error;
  }
  await sent.placed(path, signal);
}
