/** Files on file systems of any kind: also on shares, which often lack a part of what POSIX promises. */
import { link, lstat, open, rename } from 'node:fs/promises';
import { ConnectorError } from './error.ts';

/** What file systems answer that have no second name for a file, as those of Windows shares. */
const CANNOT_LINK = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];
/** What they answer that do not write out a folder when asked: CIFS has its server do it before it answers. */
const CANNOT_SYNC = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EBADF'];

/** As node:fs/promises has them, and the fsync of a folder. */
export interface Names {
  link(from: string, to: string): Promise<void>;
  lstat(path: string): Promise<unknown>;
  rename(from: string, to: string): Promise<void>;
  sync(folder: string): Promise<void>;
}

export const NAMES: Names = { link, lstat, rename, sync };

/** Looking and renaming are two steps: within this process nobody comes between them. */
let turn: Promise<unknown> = Promise.resolve();

/**
 * Gives a file its name; fails with EEXIST where something has it. Unlike rename, link never replaces what is there.
 * Where nothing can be linked it is looked first, then renamed, and `renamed` is said.
 */
export async function linkOrRename(names: Names, from: string, to: string): Promise<'linked' | 'renamed'> {
  try {
    await names.link(from, to);
    return 'linked';
  } catch (error) {
    if (!CANNOT_LINK.includes(codeOf(error) ?? '')) throw error;
    const work = turn.then(() => renameUnlessTaken(names, from, to, error));
    turn = work.catch(() => {});
    await work;
    return 'renamed';
  }
}

async function renameUnlessTaken(names: Names, from: string, to: string, cause: unknown): Promise<void> {
  const found = await names.lstat(to).catch(unlessGone);
  if (found === undefined) return names.rename(from, to);
  throw Object.assign(new Error('it is there', { cause }), { code: 'EEXIST', syscall: 'link' });
}

/** Makes the names in a folder durable, as far as its file system can be asked to. */
export async function syncFolder(names: Names, folder: string): Promise<void> {
  try {
    await names.sync(folder);
  } catch (error) {
    if (!CANNOT_SYNC.includes(codeOf(error) ?? '')) throw error;
  }
}

async function sync(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** For `catch`: undefined in the place of what is not there. */
export function unlessGone(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
  return undefined;
}

/** The system's code of an error that comes from the system. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('syscall' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What was read may be neither what there was nor what there is. */
export function changedWhileRead(path: string): ConnectorError {
  const remedy = 'freeze it at the source and read it again';
  return new ConnectorError('ITEM_CHANGED', `${JSON.stringify(path)} changed while it was read; ${remedy}`);
}

/** Names shown of those that a listing could not carry. */
const SHOWN_MAX = 5;

/** What a listing could not carry, to be told when all else is listed: how many there were, and the first of them. */
export class Gathered {
  readonly shown: string[] = [];
  count = 0;

  add(name: string): void {
    this.count++;
    if (this.shown.length < SHOWN_MAX) this.shown.push(name);
  }
}
