/** Making a staged file visible: linked into place, which never replaces what is there, and repeatable. */
import { createHash } from 'node:crypto';
import { ConnectorError } from '@waybill/connector-sdk';
import { hasStatus, LostError, StatusError } from './failure.ts';
import { readFile } from './read.ts';
import type { Root } from './root.ts';
import type { Session } from './session.ts';
import { STATUS, type Attributes } from './wire.ts';

const HARDLINK = 'hardlink@openssh.com';
const TRIAL = Buffer.from('.link');

export interface FileCommit {
  readonly path: string;
  readonly final: Buffer;
  readonly staged: Buffer;
  /** Of what was staged. */
  readonly sha256: string;
  /** `rename`: what is in place is staged no more, so that whether it was placed can be told by that. */
  readonly by: 'link' | 'rename';
  readonly signal: AbortSignal;
}

/** Succeeds when the file is in place with the staged content, whoever put it there; otherwise ITEM_CONFLICT. */
export async function commitFile(root: Root, session: Session, commit: FileCommit): Promise<void> {
  commit.signal.throwIfAborted();
  await ensureFolders(root, session, commit.path);
  try {
    await place(session, commit);
  } catch (error) {
    if (error instanceof LostError) {
      throw new ConnectorError('OUTCOME_UNKNOWN', `${session.peer} was lost during a commit`, { cause: error });
    }
    // Something is there already, or nothing is staged any more: what is in place decides.
    if (!(await isInPlace(session, commit))) throw error;
  }
  await session.remove(commit.staged).catch(() => {});
}

/** The server refuses to link over a file that is there. Where nothing is linked, it is looked first, then renamed. */
async function place(session: Session, { final, staged, by }: FileCommit): Promise<void> {
  try {
    if (by === 'rename' || !(await canLink(session, staged))) throw new StatusError(STATUS.unsupported);
    await session.extended(HARDLINK, { bytes: staged }, { bytes: final });
  } catch (error) {
    if (!(error instanceof StatusError) || (await lookAt(session, final)) !== undefined) throw error;
    await session.rename(staged, final);
  }
}

/**
 * Whether the server links, found out once for a connection: one that answers OK and does nothing (rclone 1.60) would
 * have us say that a file is delivered that is nowhere, or that is another one.
 */
function canLink(session: Session, staged: Buffer): Promise<boolean> {
  session.canLink ??= tryLink(session, staged).catch((error: unknown) => {
    session.canLink = undefined;
    throw error;
  });
  return session.canLink;
}

async function tryLink(session: Session, staged: Buffer): Promise<boolean> {
  if (!session.extensions.has(HARDLINK)) return false;
  // Nothing is staged any more: whether it links is for the next commit to find out.
  if ((await lookAt(session, staged)) === undefined) throw new StatusError(STATUS.noSuchFile);
  const trial = Buffer.concat([staged, TRIAL]);
  await session.remove(trial).catch(() => {});
  try {
    await session.extended(HARDLINK, { bytes: staged }, { bytes: trial });
    return (await lookAt(session, trial)) !== undefined;
  } catch (error) {
    if (error instanceof StatusError) return false;
    throw error;
  } finally {
    await session.remove(trial).catch(() => {});
  }
}

async function isInPlace(session: Session, { final, path, sha256, staged, signal }: FileCommit): Promise<boolean> {
  let found = await lookAt(session, final);
  if (found === undefined) {
    if ((await lookAt(session, staged)) !== undefined) return false;
    // Between the two looks somebody else may have placed it, or a server what it had only said it did.
    found = await lookAt(session, final);
  }
  if (found === undefined) {
    throw new ConnectorError(
      'ITEM_NOT_FOUND',
      `nothing is staged for ${JSON.stringify(path)} any more; stage it again`,
    );
  }
  if (found.type === 'file' || found.type === 'unknown') {
    const hash = createHash('sha256');
    for await (const chunk of readFile(session, path, final, 0, signal)) hash.update(chunk);
    if (hash.digest('hex') === sha256) return true;
  }
  const remedy = 'move what is there away, or exclude the item';
  throw new ConnectorError(
    'ITEM_CONFLICT',
    `${JSON.stringify(path)} exists at the target with other content; ${remedy}`,
  );
}

export async function lookAt(session: Session, path: Buffer): Promise<Attributes | undefined> {
  return session.lstat(path).catch((error: unknown) => {
    if (hasStatus(error, STATUS.noSuchFile)) return undefined;
    throw error;
  });
}

/** Makes the folders on the way, outermost first, and makes sure that none of them is a symlink that leads out. */
async function ensureFolders(root: Root, session: Session, path: string): Promise<void> {
  const parts = path.split('/').slice(0, -1);
  for (let depth = 1; depth <= parts.length; depth++) {
    const folder = parts.slice(0, depth).join('/');
    if (root.isKnownFolder(folder)) continue;
    const wirePath = root.locate(folder);
    const made = session.makeFolder(wirePath).catch(() => {});
    await root.requireInside(session, wirePath, folder);
    await made;
    root.rememberFolder(folder);
  }
}
