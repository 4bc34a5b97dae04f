/** Lists the files of a folder: depth first, one open folder per level in memory, symlinks never followed. */
import { lstat, opendir } from 'node:fs/promises';
import type { BigIntStats, Dir } from 'node:fs';
import { ConnectorError, type ConnectorContext } from '@waybill/connector-sdk';
import { codeOf } from '@waybill/connector-sdk/files';
import { STAGING_FOLDER, type Sweep, type Swept } from '../folder.ts';
import { explain } from './failure.ts';

const REFUSED_SHOWN_MAX = 5;
const DEPTH_MAX = 100;

interface Level {
  readonly prefix: string;
  readonly folder: Dir;
}

/**
 * Yields every regular file whose name `admits` lets through. Names that are no UTF-8 are gathered; when all others
 * were yielded, the sweep fails with PATH_REFUSED, which shows the first of them in hex.
 */
export async function* sweep(
  root: string,
  { admits, depth }: Sweep,
  log: ConnectorContext['log'],
  signal: AbortSignal,
): AsyncGenerator<Swept> {
  const levels: Level[] = [];
  const refused: string[] = [];
  const seen = { symlinks: 0, special: 0, refused: 0 };
  try {
    levels.push(await enter(root, ''));
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
        seen.refused++;
        if (refused.length < REFUSED_SHOWN_MAX) refused.push(bytes.toString('hex'));
      } else if (path === STAGING_FOLDER || !admits(name)) continue;
      else if (entry.isDirectory() && depth === 'top') continue;
      else if (entry.isDirectory()) levels.push(await enter(root, `${path}/`));
      else if (entry.isFile()) yield* described(root, path);
      else seen[entry.isSymbolicLink() ? 'symlinks' : 'special']++;
    }
  } catch (error) {
    throw explain(error, 'listing', levels.at(-1)?.prefix ?? '');
  } finally {
    for (const level of levels) await level.folder.close();
  }
  const { symlinks, special } = seen;
  if (symlinks + special > 0) log('drop-entries-skipped', { symlinks, special });
  if (seen.refused === 0) return;
  const names = `${seen.refused} names are refused, being no UTF-8 or too deep: in hex ${refused.join(', ')}`;
  throw new ConnectorError('PATH_REFUSED', `${names}; rename them or exclude them`);
}

async function enter(root: string, prefix: string): Promise<Level> {
  try {
    return { prefix, folder: await opendir(`${root}/${prefix}`, { encoding: 'buffer' as BufferEncoding }) };
  } catch (error) {
    throw explain(error, 'listing', prefix);
  }
}

/** A file that went away while its folder was listed is no longer there to be listed. */
async function* described(root: string, path: string): AsyncGenerator<Swept> {
  try {
    const found = await lstat(`${root}/${path}`, { bigint: true });
    const { size, mtime } = found;
    yield { path, sizeBytes: Number(size), modifiedAt: mtime.toISOString(), version: versionOf(found) };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Linking, renaming and writing change it. */
export function versionOf({ ino, size, ctimeNs }: BigIntStats): string {
  return `${ino}:${size}:${ctimeNs}`;
}
