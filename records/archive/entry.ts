/** What an entry of a ZIP says of itself before it is unpacked (APPNOTE.TXT 6.3.10, section 4.4). */
import type { Problem } from '../format.ts';
import yauzl, { type Entry } from 'yauzl';

const FILE_TYPE = 0xf000;
const SYMBOLIC_LINK = 0xa000;
const MADE_BY_UNIX = 3;

/** Where an entry stands, never what it is called: names of files are names of patients. */
export function entryPosition(within: string, ordinal: number): string {
  return `${within}entry ${ordinal}`;
}

/** As it is written, backslashes as slashes. */
export function nameOf(entry: Entry): string {
  return yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false);
}

export function isFolder(name: string): boolean {
  return name.endsWith('/');
}

/** The problem of a name that must not be used as a path, or undefined. */
export function pathProblem(entry: Entry, name: string, position: string): Problem | undefined {
  if (yauzl.validateFileName(name) !== null || name.includes('\0') || name === '') {
    const message = 'its name is absolute, or leads out of the archive; unpacked anywhere, it may overwrite a file';
    return { category: 'schema-invalid', code: 'ARCHIVE_PATH_UNSAFE', position, message };
  }
  const isUnix = entry.versionMadeBy >>> 8 === MADE_BY_UNIX;
  if (!isUnix || ((entry.externalFileAttributes >>> 16) & FILE_TYPE) !== SYMBOLIC_LINK) return undefined;
  const message = 'it is a link to another file and not a file; what it points at is not in the archive';
  return { category: 'schema-invalid', code: 'ARCHIVE_PATH_UNSAFE', position, message };
}

/** Why it cannot be unpacked, or undefined. */
export function contentProblem(entry: Entry, position: string): Problem | undefined {
  if (entry.isEncrypted()) return encrypted(position);
  if (entry.canDecodeFileData()) return undefined;
  const message = `it is packed with method ${entry.compressionMethod}, which is not read here`;
  return { category: 'unreadable', code: 'ARCHIVE_UNREADABLE', position, message };
}

export function encrypted(position: string): Problem {
  const message = 'it is encrypted: without its password nobody can read it';
  return { category: 'unreadable', code: 'ARCHIVE_ENCRYPTED', position, message };
}
