/** BagIt 1.0 (RFC 8493): manifests that `sha256sum -c` reads, and file names that no tool has to escape. */
import { isSha256, type Sha256 } from '../../../kernel/digest.ts';

export const BAG_DECLARATION = 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n';

const PATH_LENGTH_MAX_CHARS = 200;
const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** A file of a bag and its fixity. */
export interface BagFile {
  /** Relative to the bag, with slashes. */
  readonly path: string;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
}

/** Letters, digits, dot, dash and underscore only: BagIt, sha256sum and every file system agree on these. */
export function isBagPath(path: string): boolean {
  return path.length <= PATH_LENGTH_MAX_CHARS && path.split('/').every((segment) => SEGMENT.test(segment));
}

/** One line a file, sorted by path. */
export function manifestText(files: readonly BagFile[]): string {
  const sorted = [...files].sort((left, right) => (left.path < right.path ? -1 : 1));
  return sorted.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join('');
}

/** The digest of each path; `undefined` when the text is not exactly what `manifestText` writes. */
export function parseManifest(text: string): ReadonlyMap<string, Sha256> | undefined {
  const digests = new Map<string, Sha256>();
  if (text !== '' && !text.endsWith('\n')) return undefined;
  let before = '';
  for (const line of text.split('\n').slice(0, -1)) {
    const [digest, path] = [line.slice(0, 64), line.slice(66)];
    if (!isSha256(digest) || line.slice(64, 66) !== '  ' || !isBagPath(path) || path <= before) return undefined;
    digests.set(path, digest);
    before = path;
  }
  return digests;
}

export interface BagInfo {
  readonly migration: string;
  readonly pack: string;
  /** The day of sealing, `YYYY-MM-DD`. */
  readonly day: string;
  readonly payload: readonly BagFile[];
}

export function bagInfoText(info: BagInfo): string {
  return [
    'Source-Organization: Waybill',
    `External-Identifier: ${info.pack}`,
    `External-Description: Evidence of the migration ${info.migration}`,
    `Bagging-Date: ${info.day}`,
    `Payload-Oxum: ${payloadOxum(info.payload)}`,
    'Bag-Software-Agent: waybill audit',
    '',
  ].join('\n');
}

/** `<octets>.<files>` of the payload. */
export function payloadOxum(payload: readonly BagFile[]): string {
  const octets = payload.reduce((sum, file) => sum + file.sizeBytes, 0);
  return `${octets}.${payload.length}`;
}
