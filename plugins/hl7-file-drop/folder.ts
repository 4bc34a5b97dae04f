/** The drop folder, and the certainty that nothing outside it is touched. */
import { createHash } from 'node:crypto';
import { open, mkdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConnectorError, requireSafePath, type ConnectorContext } from '@waybill/connector-sdk';
import { codeOf, explain } from './failure.ts';

export class DropFolder {
  /** Without symlinks. */
  readonly root: string;
  readonly context: ConnectorContext;

  private constructor(root: string, context: ConnectorContext) {
    this.root = root;
    this.context = context;
  }

  /** Fails with CONFIG_INVALID when there is no such folder. */
  static async open(folder: string, context: ConnectorContext): Promise<DropFolder> {
    try {
      if (!(await stat(folder)).isDirectory()) throw noFolder(folder);
      return new DropFolder(await realpath(folder), context);
    } catch (error) {
      throw codeOf(error) === 'ENOENT' ? noFolder(folder) : explain(error, 'opening', folder);
    }
  }

  locate(path: string): string {
    requireSafePath(path);
    return join(this.root, path);
  }

  /** Fails with PATH_REFUSED when a symlink on the way leads out of the folder. */
  async requireInside(path: string): Promise<void> {
    const real = await realpath(this.locate(path));
    if (real.startsWith(`${this.root}/`)) return;
    const message = `${JSON.stringify(path)} leads out of the folder through a symlink`;
    throw new ConnectorError('PATH_REFUSED', `${message}; replace the symlink by what it points to, or exclude it`);
  }

  /** Makes the folders an item lies in, outermost first, durably and without following a symlink out. */
  async ensureFoldersOf(path: string): Promise<void> {
    const parts = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth++) {
      const folder = parts.slice(0, depth).join('/');
      const isNew = await makeFolder(this.locate(folder));
      await this.requireInside(folder);
      if (isNew) await syncFolder(join(this.locate(folder), '..'));
    }
  }
}

/** A file name for a text that may name somebody, and that no text can lead out of its folder with. */
export function digestName(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Makes one folder; false when it is there already. */
export async function makeFolder(path: string, mode = 0o777): Promise<boolean> {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
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
