/** One digest for everything in a package's folder, so that what was tested, approved and installed can be compared. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** Written after the tests, and not part of what they tested. */
export const REPORT_NAME = 'conformance.json';
const NOT_PART = /(^|\/)(node_modules|\.git)(\/|$)/;
const FILES_MAX = 20_000;

/**
 * SHA-256 of the lines that `sha256sum` prints for every file (`<digest>  <path>`), in the order of the bytes of the
 * paths. Dependencies are no part of it, and neither is the report of the tests.
 */
export async function packageDigest(folder: string): Promise<string> {
  const paths = await filesOf(folder);
  const lines = createHash('sha256');
  for (const path of paths) {
    const file = createHash('sha256');
    for await (const chunk of createReadStream(join(folder, path))) file.update(chunk as Uint8Array);
    lines.update(`${file.digest('hex')}  ${path}\n`);
  }
  return lines.digest('hex');
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
    if (NOT_PART.test(path) || path === REPORT_NAME || entry.isDirectory()) continue;
    if (!entry.isFile()) throw new Error(`${path} is neither a file nor a folder, and a package holds nothing else`);
    paths.push(path);
    if (paths.length > FILES_MAX) throw new Error(`a package of more than ${FILES_MAX} files is not digested`);
  }
  return paths.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}
