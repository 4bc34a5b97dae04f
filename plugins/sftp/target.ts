import { createHash } from 'node:crypto';
import { ConnectorError, type Parcel, type Receipt, type Staged, type Target } from '@waybill/connector-sdk';
import { commitFile } from './commit.ts';
import { explain, hasStatus } from './failure.ts';
import type { Root } from './root.ts';
import { readInside } from './source.ts';
import { STAGING_FOLDER, walk } from './walk.ts';
import { STATUS } from './wire.ts';
import { writeHidden } from './write.ts';

/** Files under a root: staged in a folder of Waybill's own, linked into place at the commit. */
export function sftpTarget(root: Root): Target {
  return {
    // A folder does not say who put a file there; the commit compares contents, so staging again is safe.
    stat: async (parcel) => {
      root.locate(parcel.path);
      return undefined;
    },
    stage: (parcel, bytes, signal) => stage(root, parcel, bytes, signal),
    commit: (parcel, staged, signal) => commit(root, parcel, staged, signal),
    discard: (staged, signal) => discard(root, staged, signal),
    read: (targetId, offsetBytes, signal) => readInside(root, targetId, offsetBytes, signal),
    close: () => root.links.close(),
    listing: {
      async *items(signal) {
        const session = await root.session(signal);
        for await (const { path, sizeBytes } of walk(session, root.path, { log: root.context.log }, signal)) {
          yield { targetId: path, key: path, sizeBytes };
        }
      },
      // Files are all there is.
      async *records() {},
    },
  };
}

async function stage(
  root: Root,
  parcel: Parcel,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Staged> {
  root.locate(parcel.path);
  if (parcel.shape !== 'bytes') {
    throw new ConnectorError('UNSUPPORTED', 'an SFTP target takes whole items; map no records for it');
  }
  const session = await root.session(signal);
  const name = stagedName(parcel.key);
  try {
    const { sizeBytes, sha256 } = await writeHidden(root, name, bytes, signal);
    return { key: parcel.key, sizeBytes, state: { name, sha256 } };
  } catch (error) {
    session.remove(root.locate(name)).catch(() => {});
    throw explain(error, 'staging', parcel.path);
  }
}

async function commit(root: Root, parcel: Parcel, staged: Staged, signal: AbortSignal): Promise<Receipt> {
  const session = await root.session(signal);
  try {
    await commitFile(root, session, {
      path: parcel.path,
      final: root.locate(parcel.path),
      staged: root.locate(nameIn(staged)),
      by: 'link',
      sha256: String(staged.state.sha256),
      signal,
    });
  } catch (error) {
    throw explain(error, 'committing', parcel.path);
  }
  return { targetId: parcel.path };
}

async function discard(root: Root, staged: Staged, signal: AbortSignal): Promise<void> {
  const session = await root.session(signal);
  await session.remove(root.locate(nameIn(staged))).catch((error: unknown) => {
    if (!hasStatus(error, STATUS.noSuchFile)) throw explain(error, 'discarding', staged.key);
  });
}

function stagedName(key: string): string {
  return `${STAGING_FOLDER}/${createHash('sha256').update(key).digest('hex')}`;
}

/** The name is derived from the key, so that a token that was tampered with points nowhere else. */
function nameIn(staged: Staged): string {
  return stagedName(staged.key);
}
