/** Lists the files of a drop folder: depth first, one open folder per level in memory, symlinks never followed. */
import { lstat, opendir } from 'node:fs/promises';
import type { Dir } from 'node:fs';
import { ConnectorError } from '@waybill/connector-sdk';
import { codeOf, explain } from './failure.ts';
import type { DropFolder } from './folder.ts';

/** Waybill's own folder; it is nobody's item. */
export const STAGING_FOLDER = '.waybill-staged';
const REFUSED_SHOWN_MAX = 5;
const DEPTH_MAX = 100;

export interface Swept {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAt: string;
}

interface Level {
  readonly prefix: string;
  readonly folder: Dir;
}

/**
 * Yields every regular file whose name `admits` lets through. Names that are no UTF-8 are gathered; when all others
 * were yielded, the sweep fails with PATH_REFUSED, which shows the first of them in hex.
 */
export async function* sweep(
  drop: DropFolder,
  admits: (name: string) => boolean,
  signal: AbortSignal,
): AsyncGenerator<Swept> {
  const levels: Level[] = [];
  const refused: string[] = [];
  const seen = { symlinks: 0, special: 0, refused: 0 };
  try {
    levels.push(await enter(drop, ''));
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
      else if (entry.isDirectory()) levels.push(await enter(drop, `${path}/`));
      else if (entry.isFile()) yield* described(drop, path);
      else seen[entry.isSymbolicLink() ? 'symlinks' : 'special']++;
    }
  } catch (error) {
    throw explain(error, 'listing', levels.at(-1)?.prefix ?? '');
  } finally {
    for (const level of levels) await level.folder.close();
  }
  const { symlinks, special } = seen;
  if (symlinks + special > 0) drop.context.log('drop-entries-skipped', { symlinks, special });
  if (seen.refused === 0) return;
  const names = `${seen.refused} names are refused, being no UTF-8 or too deep: in hex ${refused.join(', ')}`;
  throw new ConnectorError('PATH_REFUSED', `${names}; rename them or exclude them`);
}

async function enter(drop: DropFolder, prefix: string): Promise<Level> {
  return { prefix, folder: await opendir(`${drop.root}/${prefix}`, { encoding: 'buffer' as BufferEncoding }) };
}

/** A file that went away while its folder was listed is no longer there to be listed. */
async function* described(drop: DropFolder, path: string): AsyncGenerator<Swept> {
  try {
    const { size, mtime } = await lstat(`${drop.root}/${path}`);
    yield { path, sizeBytes: size, modifiedAt: mtime.toISOString() };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
