/** A folder of this machine, and the certainty that nothing outside it is touched. */
import { link, lstat, mkdir, open, realpath, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConnectorError, type ConnectorContext, requireSafePath } from '@waybill/connector-sdk';
import {
  digestOf,
  type DropFolder,
  type Looked,
  nothingStaged,
  otherContent,
  type Staging,
  type Sweep,
  type Swept,
} from '../folder.ts';
import { codeOf, explain, unlessGone } from './failure.ts';
import { readFile } from './read.ts';
import { sweep, versionOf } from './sweep.ts';

/** Staged messages hold patient data: nobody else may read them. */
const HIDDEN_MODE = 0o700;
/** What file systems answer that have no second name for a file, as those of Windows shares. */
const CANNOT_LINK = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

export class LocalFolder implements DropFolder {
  /** Without symlinks. */
  readonly root: string;
  readonly #context: ConnectorContext;

  private constructor(root: string, context: ConnectorContext) {
    this.root = root;
    this.#context = context;
  }

  /** Fails with CONFIG_INVALID when there is no such folder. */
  static async open(folder: string, context: ConnectorContext): Promise<LocalFolder> {
    try {
      if (!(await stat(folder)).isDirectory()) throw noFolder(folder);
      return new LocalFolder(await realpath(folder), context);
    } catch (error) {
      throw codeOf(error) === 'ENOENT' ? noFolder(folder) : explain(error, 'opening', folder);
    }
  }

  sweep(wanted: Sweep, signal: AbortSignal): AsyncGenerator<Swept> {
    return sweep(this.root, wanted, this.#context.log, signal);
  }

  async look(path: string): Promise<Looked | undefined> {
    try {
      const found = await lstat(this.#locate(path), { bigint: true }).catch(unlessGone);
      return found && { isFile: found.isFile(), version: versionOf(found) };
    } catch (error) {
      throw explain(error, 'looking at', path);
    }
  }

  async *read(path: string, offsetBytes: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      await this.#requireInside(path);
    } catch (error) {
      throw explain(error, 'reading', path);
    }
    yield* readFile(this.#locate(path), path, offsetBytes, signal);
  }

  async write(path: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const place = this.#locate(path);
    try {
      signal.throwIfAborted();
      await mkdir(dirname(place), { mode: HIDDEN_MODE, recursive: true });
      // A commit that was cut may have left a second name of the delivered file here: it is not to be written into.
      await rm(place, { force: true });
      const file = await open(place, 'wx');
      try {
        for await (const chunk of bytes) {
          signal.throwIfAborted();
          await file.writeFile(chunk);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      await syncFolder(dirname(place));
    } catch (error) {
      throw explain(error, 'staging', path);
    }
  }

  async place(staged: Staging, path: string, signal: AbortSignal): Promise<void> {
    const final = this.#locate(path);
    try {
      signal.throwIfAborted();
      await this.#ensureFoldersOf(path);
      try {
        await linkOrRename(this.#locate(staged.path), final);
      } catch (error) {
        await this.#requireInPlace(path, staged, error, signal);
      }
      await unlink(this.#locate(staged.path)).catch(unlessGone);
      await syncFolder(dirname(final));
    } catch (error) {
      throw explain(error, 'committing', path);
    }
  }

  async remove(path: string): Promise<void> {
    await rm(this.#locate(path), { force: true });
  }

  /** It could not be placed: that is well only when the same content is in place already. */
  async #requireInPlace(path: string, staged: Staging, error: unknown, signal: AbortSignal): Promise<void> {
    const code = codeOf(error);
    if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
    const found = await this.look(path);
    if (found === undefined) throw nothingStaged(path);
    if (found.isFile && (await digestOf(this, path, signal)).sha256 === staged.sha256) return;
    throw otherContent(path);
  }

  #locate(path: string): string {
    requireSafePath(path);
    return join(this.root, path);
  }

  /** Fails with PATH_REFUSED when a symlink on the way leads out of the folder. */
  async #requireInside(path: string): Promise<void> {
    const real = await realpath(this.#locate(path));
    if (real.startsWith(`${this.root}/`)) return;
    const message = `${JSON.stringify(path)} leads out of the folder through a symlink`;
    throw new ConnectorError('PATH_REFUSED', `${message}; replace the symlink by what it points to, or exclude it`);
  }

  /** Makes the folders an item lies in, outermost first, durably and without following a symlink out. */
  async #ensureFoldersOf(path: string): Promise<void> {
    const parts = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      const isNew = await makeFolder(this.#locate(folder));
      await this.#requireInside(folder);
      if (isNew) await syncFolder(join(this.#locate(folder), '..'));
    }
  }
}

/** Unlike rename, link never replaces what is there. Where nothing can be linked, it is looked first, then renamed. */
async function linkOrRename(staged: string, final: string): Promise<void> {
  try {
    await link(staged, final);
  } catch (error) {
    if (!CANNOT_LINK.includes(codeOf(error) ?? '')) throw error;
    const found = await lstat(final).catch(unlessGone);
    if (found === undefined) await rename(staged, final);
    else throw Object.assign(new Error('it is there', { cause: error }), { code: 'EEXIST', syscall: 'link' });
  }
}

/** Makes one folder; false when it is there already. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Makes the names in a folder durable. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function noFolder(folder: string): ConnectorError {
  return new ConnectorError('CONFIG_INVALID', `there is no folder ${folder}; create it or set folder`);
}
