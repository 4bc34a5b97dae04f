/** Lists every file under a folder: depth first, one batch of names per level in memory, symlinks never followed. */
import { unlessAborted, type ConnectorContext } from '@waybill/connector-sdk';
import { explain, pathRefused } from './failure.ts';
import type { Entry, Handle, Session } from './session.ts';

/** Waybill's own folder at the root of a target; it is nobody's item. */
export const STAGING_FOLDER = '.waybill-staged';

/** As many folders are open at the server at once. */
const DEPTH_MAX = 100;
const REFUSED_SHOWN_MAX = 5;

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
  /** The batch after this one, asked for ahead. */
  next: Promise<readonly Entry[] | undefined>;
}

/**
 * Yields every regular file. Names that Waybill cannot carry are gathered; when all others were yielded, the walk fails
 * with PATH_REFUSED, which shows the first of them in hex.
 */
export async function* walk(
  session: Session,
  root: string,
  { log, admits = () => true, depth = 'all' }: Walk,
  signal: AbortSignal,
): AsyncGenerator<Found> {
  const levels: Level[] = [];
  const seen = { symlinks: 0, special: 0, refused: 0 };
  const refused: string[] = [];
  try {
    levels.push(await open(session, root, ''));
    for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
      signal.throwIfAborted();
      const entry = level.names[level.at++];
      if (entry === undefined) {
        if (!(await unlessAborted(turn(session, level), signal))) close(session, levels.pop());
        continue;
      }
      const name = nameOf(entry, level);
      if (name === undefined || (name !== null && !admits(name))) continue;
      const path = typeof name === 'string' ? `${level.prefix}${name}` : undefined;
      if (path === undefined || (levels.length >= DEPTH_MAX && entry.attributes.type === 'folder')) {
        seen.refused++;
        if (refused.length < REFUSED_SHOWN_MAX) refused.push(entry.name.toString('hex'));
        continue;
      }
      const type = await typeOf(session, root, path, entry);
      if (type === 'symlink' || type === 'special') seen[type === 'symlink' ? 'symlinks' : 'special']++;
      else if (type === 'folder' && depth === 'top') continue;
      else if (type === 'folder') levels.push(await open(session, root, `${path}/`));
      else yield found(path, entry);
    }
  } catch (error) {
    throw explain(error, 'listing', `${root}/${levels.at(-1)?.prefix ?? ''}`);
  } finally {
    for (const level of levels) close(session, level);
  }
  if (seen.symlinks + seen.special > 0) log('sftp-entries-skipped', { symlinks: seen.symlinks, special: seen.special });
  if (seen.refused === 0) return;
  const names = `${seen.refused} names are refused, being no UTF-8, too deep or no name at all`;
  throw pathRefused(`${names}: in hex ${refused.join(', ')}`);
}

async function open(session: Session, root: string, prefix: string): Promise<Level> {
  const handle = await session.openFolder(Buffer.from(`${root}/${prefix}`));
  return { prefix, handle, names: [], at: 0, next: ahead(session, handle) };
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
