/** A folder of this machine, and the certainty that nothing outside it is touched. */
import { lstat, mkdir, open, realpath, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConnectorError, type ConnectorContext, requireSafePath } from '@waybill/connector-sdk';
import { codeOf, linkOrRename, NAMES, type Names, syncFolder, unlessGone } from '@waybill/connector-sdk/files';
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
import { explain } from './failure.ts';
import { readFile } from './read.ts';
import { sweep, versionOf } from './sweep.ts';

/** Staged messages hold patient data: nobody else may read them. */
const HIDDEN_MODE = 0o700;

export class LocalFolder implements DropFolder {
  /** Without symlinks. */
  readonly root: string;
  readonly #context: ConnectorContext;
  readonly #names: Names;
  #isRenamingTold = false;

  private constructor(root: string, context: ConnectorContext, names: Names) {
    this.root = root;
    this.#context = context;
    this.#names = names;
  }

  /** Fails with CONFIG_INVALID when there is no such folder. */
  static async open(folder: string, context: ConnectorContext, names: Names = NAMES): Promise<LocalFolder> {
    try {
      if (!(await stat(folder)).isDirectory()) throw noFolder(folder);
      return new LocalFolder(await realpath(folder), context, names);
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
      await syncFolder(this.#names, dirname(place));
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
        const how = await linkOrRename(this.#names, this.#locate(staged.path), final);
        if (how === 'renamed') this.#tellRenaming();
      } catch (error) {
        await this.#requireInPlace(path, staged, error, signal);
      }
      await unlink(this.#locate(staged.path)).catch(unlessGone);
      await syncFolder(this.#names, dirname(final));
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

  /** Another program could put a file under the same name between the look and the rename, and lose it. */
  #tellRenaming(): void {
    if (!this.#isRenamingTold) this.#context.log('drop-files-renamed', {});
    this.#isRenamingTold = true;
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
      if (isNew) await syncFolder(this.#names, join(this.#locate(folder), '..'));
    }
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

function noFolder(folder: string): ConnectorError {
  return new ConnectorError('CONFIG_INVALID', `there is no folder ${folder}; create it or set folder`);
}
