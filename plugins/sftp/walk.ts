/** Lists every file under a folder: depth first, one batch of names per level in memory, symlinks never followed. */
import { unlessAborted, type ConnectorContext } from '@waybill/connector-sdk';
import { Gathered } from '@waybill/connector-sdk/files';
import { explain, foldersDenied, hasStatus, pathRefused, StatusError } from './failure.ts';
import type { Entry, Handle, Session } from './session.ts';
import { STATUS } from './wire.ts';

/** Waybill's own folder at the root of a target; it is nobody's item. */
export const STAGING_FOLDER = '.waybill-staged';

/** As many folders are open at the server at once. */
const DEPTH_MAX = 100;

export interface Walk {
  readonly log: ConnectorContext['log'];
  /** Which names are seen, of files and of folders; all when left out. */
  readonly admits?: ((name: string) => boolean) | undefined;
  /** `top`: folders are not entered. */
  readonly depth?: 'all' | 'top' | undefined;
}

export interface Found {
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedAt: string | undefined;
}

interface Level {
  /** '' for the root, otherwise ending in a slash. */
  readonly prefix: string;
  readonly handle: Handle;
  names: readonly Entry[];
  at: number;
  /** Not even itself was in it so far. */
  isBare: boolean;
  /** The batch after this one, asked for ahead. */
  next: Promise<readonly Entry[] | undefined>;
}

/**
 * Yields every regular file. Folders that may not be looked into, and names that Waybill cannot carry, are gathered;
 * when all others were yielded, the walk fails with ACCESS_DENIED or PATH_REFUSED, which shows the first of them.
 */
export async function* walk(
  session: Session,
  root: string,
  { log, admits = () => true, depth = 'all' }: Walk,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  const levels: Level[] = [];
  const seen = { symlinks: 0, special: 0 };
  const [refused, denied] = [new Gathered(), new Gathered()];
  try {
    levels.push(await open(session, root, ''));
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      signal.throwIfAborted();
      const entry = level.names[level.at++];
      if (entry === undefined) {
        if (await unlessAborted(turn(session, level), signal)) continue;
        if (level.isBare) await unlessAborted(lookInto(session, root, level.prefix, denied), signal);
        close(session, levels.pop());
        continue;
      }
      const name = nameOf(entry, level);
      if (name === undefined || (name !== null && !admits(name))) continue;
      const path = typeof name === 'string' ? `${level.prefix}${name}` : undefined;
      if (path === undefined || (levels.length >= DEPTH_MAX && entry.attributes.type === 'folder')) {
        refused.add(entry.name.toString('hex'));
        continue;
      }
      const type = await typeOf(session, root, path, entry);
      if (type === 'symlink' || type === 'special') seen[type === 'symlink' ? 'symlinks' : 'special']++;
      else if (type === 'folder' && depth === 'top') continue;
      else if (type === 'folder') levels.push(...(await enter(session, root, `${path}/`, denied)));
      else yield found(path, entry);
    }
  } catch (error) {
    throw explain(error, 'listing', `${root}/${levels.at(-1)?.prefix ?? ''}`);
  } finally {
    for (const level of levels) close(session, level);
  }
  if (seen.symlinks + seen.special > 0) log('sftp-entries-skipped', { symlinks: seen.symlinks, special: seen.special });
  if (denied.count > 0) throw foldersDenied(root, denied.count, denied.shown);
  if (refused.count === 0) return;
  const names = `${refused.count} names are refused, being no UTF-8, too deep or no name at all`;
  throw pathRefused(`${names}: in hex ${refused.shown.join(', ')}`);
}

/** The level of a folder; none where that is not allowed. */
async function enter(session: Session, root: string, prefix: string, denied: Gathered): Promise<Level[]> {
  try {
    return [await open(session, root, prefix)];
  } catch (error) {
    if (!hasStatus(error, STATUS.permissionDenied)) throw explain(error, 'listing', `${root}/${prefix}`);
    denied.add(prefix);
    return [];
  }
}

/** A server leaves out, without a word, what it may read the name of and nothing else, the folder itself among it. */
async function lookInto(session: Session, root: string, prefix: string, denied: Gathered): Promise<void> {
  try {
    await session.lstat(Buffer.from(`${root}/${prefix}.`));
  } catch (error) {
    if (hasStatus(error, STATUS.permissionDenied)) denied.add(prefix);
    // A server that cannot look at a folder in this way has not denied it.
    else if (!(error instanceof StatusError)) throw error;
  }
}

async function open(session: Session, root: string, prefix: string): Promise<Level> {
  const handle = await session.openFolder(Buffer.from(`${root}/${prefix}`));
  return { prefix, handle, names: [], at: 0, isBare: true, next: ahead(session, handle) };
}

function ahead(session: Session, handle: Handle): Promise<readonly Entry[] | undefined> {
  const next = session.readFolder(handle);
  // It is awaited when its turn comes; until then a failure has nobody to tell.
  next.catch(() => {});
  return next;
}

/** Takes up the next batch of names; false when there is none. */
async function turn(session: Session, level: Level): Promise<boolean> {
  const names = await level.next;
  if (names === undefined) return false;
  level.names = names;
  level.at = 0;
  level.isBare &&= names.length === 0;
  level.next = ahead(session, level.handle);
  return true;
}

function close(session: Session, level: Level | undefined): void {
  if (level !== undefined) session.closeHandle(level.handle).catch(() => {});
}

/** The name as text, `undefined` when the entry is not to be seen, `null` when its bytes are no safe name. */
function nameOf(entry: Entry, level: Level): string | null | undefined {
  const { name } = entry;
  if (name.equals(DOT) || name.equals(DOT_DOT)) return undefined;
  if (name.byteLength === 0 || name.includes(0) || name.includes(SLASH)) return null;
  const text = name.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(name)) return null;
  return level.prefix === '' && text === STAGING_FOLDER ? undefined : text;
}

const DOT = Buffer.from('.');
const DOT_DOT = Buffer.from('..');
const SLASH = '/'.charCodeAt(0);

async function typeOf(session: Session, root: string, path: string, entry: Entry): Promise<string> {
  if (entry.attributes.type !== 'unknown') return entry.attributes.type;
  return (await session.lstat(Buffer.from(`${root}/${path}`))).type;
}

function found(path: string, { attributes }: Entry): Found {
  const { sizeBytes = 0, modifiedSeconds } = attributes;
  const modifiedAt = modifiedSeconds === undefined ? undefined : new Date(modifiedSeconds * 1000).toISOString();
  return { path, sizeBytes, modifiedAt };
}
