import { ConnectorError } from './error.ts';

/** Linux's PATH_MAX. */
const PATH_MAX_BYTES = 4096;

/** Says why a relative POSIX path is unsafe, or `undefined`. Names are otherwise kept exactly as they are. */
export function pathProblem(path: string): string | undefined {
  if (typeof path !== 'string' || path === '') return 'it is empty';
  if (path.startsWith('/')) return 'it is absolute';
  if (path.includes('\0')) return 'it holds a NUL';
  if (!path.isWellFormed()) return 'it is not well-formed Unicode';
  if (new TextEncoder().encode(path).byteLength > PATH_MAX_BYTES) return `it is longer than ${PATH_MAX_BYTES} bytes`;
  for (const part of path.split('/')) {
    if (part === '') return 'it has an empty part';
    if (part === '.' || part === '..') return `it has a part ${JSON.stringify(part)}`;
  }
  return undefined;
}

/** Fails with PATH_REFUSED unless `path` stays inside the root it is relative to. */
export function requireSafePath(path: string): void {
  const problem = pathProblem(path);
  if (problem === undefined) return;
  const message = `the path ${JSON.stringify(path)} is refused: ${problem}; rename the item or exclude it`;
  throw new ConnectorError('PATH_REFUSED', message);
}
