/** Lists the files of a folder: depth first, one open folder per level in memory, symlinks never followed. */
import type { BigIntStats, Dir } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { ConnectorError, type ConnectorContext } from '@waybill/connector-sdk';
import { codeOf, Gathered, unlessGone } from '@waybill/connector-sdk/files';
import { STAGING_FOLDER, type Sweep, type Swept } from '../folder.ts';
import { explain } from './failure.ts';

const DEPTH_MAX = 100;

interface Level {
  readonly prefix: string;
  readonly folder: Dir;
}

/**
 * Yields every regular file whose name `admits` lets through. Folders that may not be looked into, and names that are
 * no UTF-8, are gathered; when all others were yielded, the sweep fails with ACCESS_DENIED or PATH_REFUSED, which shows
 * the first of them.
 */
export async function* sweep(
  root: string,
  { admits, depth }: Sweep,
  log: ConnectorContext['log'],
  signal: AbortSignal,
): AsyncGenerator<Swept> {
  const levels: Level[] = [];
  const [refused, denied] = [new Gathered(), new Gathered()];
  const seen = { symlinks: 0, special: 0 };
  try {
    levels.push(await open(root, ''));
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      signal.throwIfAborted();
      const entry = await level.folder.read();
      if (entry === null) {
        await levels.pop()?.folder.close();
        continue;
      }
      // With the encoding `buffer` names are bytes, which the types of Node do not say.
      const bytes = entry.name as unknown as Buffer;
      const name = bytes.toString('utf8');
      const path = `${level.prefix}${name}`;
      if (!Buffer.from(name).equals(bytes) || (entry.isDirectory() && levels.length >= DEPTH_MAX)) {
        refused.add(bytes.toString('hex'));
      } else if (path === STAGING_FOLDER || !admits(name)) continue;
      else if (entry.isDirectory() && depth === 'top') continue;
      else if (entry.isDirectory()) levels.push(...(await enter(root, `${path}/`, denied)));
      else if (entry.isFile()) {
        const file = await described(root, path).catch((error: unknown) => unlessDenied(error));
        if (file === 'denied') {
          // It shows its names, and lets nobody in.
          denied.add(level.prefix);
          await levels.pop()?.folder.close();
        } else if (file !== undefined) yield file;
      } else seen[entry.isSymbolicLink() ? 'symlinks' : 'special']++;
    }
  } catch (error) {
    throw explain(error, 'listing', levels.at(-1)?.prefix ?? '');
  } finally {
    for (const level of levels) await level.folder.close();
  }
  const { symlinks, special } = seen;
  if (symlinks + special > 0) log('drop-entries-skipped', { symlinks, special });
  if (denied.count > 0) throw foldersDenied(denied);
  if (refused.count === 0) return;
  const names = `${refused.count} names are refused, being no UTF-8 or too deep: in hex ${refused.shown.join(', ')}`;
  throw new ConnectorError('PATH_REFUSED', `${names}; rename them or exclude them`);
}

/** The level of a folder; none where that is not allowed. */
async function enter(root: string, prefix: string, denied: Gathered): Promise<Level[]> {
  try {
    return [await open(root, prefix)];
  } catch (error) {
    if (!isDenied(error)) throw explain(error, 'listing', prefix);
    denied.add(prefix);
    return [];
  }
}

async function open(root: string, prefix: string): Promise<Level> {
  return { prefix, folder: await opendir(`${root}/${prefix}`, { encoding: 'buffer' as BufferEncoding }) };
}

function foldersDenied({ count, shown }: Gathered): ConnectorError {
  const names = shown.map((prefix) => JSON.stringify(prefix)).join(', ');
  const message = `${count} folders may not be looked into by this user: ${names}`;
  return new ConnectorError('ACCESS_DENIED', `${message}; let it read and enter them, or move them out of the folder`);
}

/** A file that went away while its folder was listed is no longer there to be listed. */
async function described(root: string, path: string): Promise<Swept | undefined> {
  const found = await lstat(`${root}/${path}`, { bigint: true }).catch(unlessGone);
  if (found === undefined) return undefined;
  const { size, mtime } = found;
  return { path, sizeBytes: Number(size), modifiedAt: mtime.toISOString(), version: versionOf(found) };
}

function isDenied(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'EACCES' || code === 'EPERM';
}

function unlessDenied(error: unknown): 'denied' {
  if (isDenied(error)) return 'denied';
  throw error;
}

/** Linking, renaming and writing change it. */
export function versionOf({ ino, size, ctimeNs }: BigIntStats): string {
  return `${ino}:${size}:${ctimeNs}`;
}
