/** One digest for everything in a package's folder, so that what was tested, approved and installed can be compared. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';

/** Written after the tests, and not part of what they tested. */
export const REPORT_NAME = 'conformance.json';
const NOT_PART = /(^|\/)(node_modules|\.git)(\/|$)/;
const FILES_MAX = 20_000;
const NPM_MAX_MS = 60_000;
const NPM_SAYS_MAX_BYTES = 16 * 1024 * 1024;

/**
 * SHA-256 of the lines that `sha256sum` prints for every file (`<digest>  <path>`), in the order of the bytes of the
 * paths. Dependencies are no part of it, and neither is the report of the tests.
 */
export async function packageDigest(folder: string): Promise<string> {
  return digestOf(folder, await filesOf(folder));
}

/**
 * The digest that the package will have where it is installed: of those files that npm takes into it. `undefined` where
 * npm is not there to say which.
 */
export async function publishedDigest(folder: string): Promise<string | undefined> {
  const asked = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline', '--loglevel=error'];
  const limits = { cwd: folder, timeout: NPM_MAX_MS, maxBuffer: NPM_SAYS_MAX_BYTES };
  const said = await promisify(execFile)('npm', asked, limits).catch(() => undefined);
  if (said === undefined) return undefined;
  const [packed] = JSON.parse(said.stdout) as readonly [{ readonly files: readonly { readonly path: string }[] }];
  const paths = packed.files.map(({ path }) => path).filter(isPart);
  return digestOf(folder, paths);
}

async function digestOf(folder: string, paths: readonly string[]): Promise<string> {
  const lines = createHash('sha256');
  const inOrder = paths.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  for (const path of inOrder) {
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
    if (!isPart(path) || entry.isDirectory()) continue;
    if (!entry.isFile()) throw new Error(`${path} is neither a file nor a folder, and a package holds nothing else`);
    paths.push(path);
    if (paths.length > FILES_MAX) throw new Error(`a package of more than ${FILES_MAX} files is not digested`);
  }
  return paths;
}

function isPart(path: string): boolean {
  return !NOT_PART.test(path) && path !== REPORT_NAME;
}
