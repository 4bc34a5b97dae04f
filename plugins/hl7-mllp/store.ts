/** The folder a listener keeps messages in: each durable before it is acknowledged, under a name that tells nothing. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, opendir, readFile, rm, stat } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConnectorError, type Item, requireSafePath } from '@waybill/connector-sdk';
import { codeOf, linkOrRename, NAMES, type Names, syncFolder } from '@waybill/connector-sdk/files';
import type { Header } from '@waybill/connector-sdk/hl7';

/** Messages are patient data: nobody else may read them. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
const INCOMING = '.incoming';
const SHELF = /^[0-9a-f]{2}$/;
const KEPT = /^[0-9a-f]{2}\/[0-9a-f]{64}\.hl7$/;
/** Another message that came under the control id of a kept one. */
const CONFLICT = /^[0-9a-f]{2}\/[0-9a-f]{64}\.[0-9a-f]{64}\.conflict$/;
const MEDIA_TYPE = 'x-application/hl7-v2+er7';

export type Stored = 'kept' | 'had-it' | 'conflict';

export class MessageStore {
  readonly #root: string;
  readonly #names: Names;

  private constructor(root: string, names: Names) {
    this.#root = root;
    this.#names = names;
  }

  /** Fails with CONFIG_INVALID when there is no such folder, ACCESS_DENIED when it cannot be written to. */
  static async open(folder: string | undefined, names: Names = NAMES): Promise<MessageStore> {
    if (folder === undefined) {
      throw new ConnectorError(
        'CONFIG_INVALID',
        'a source over MLLP needs a folder for what is sent to it; set folder',
      );
    }
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() !== true) {
      throw new ConnectorError('CONFIG_INVALID', `there is no folder ${folder}; create it or set folder`);
    }
    try {
      await mkdir(join(folder, INCOMING), { recursive: true, mode: FOLDER_MODE });
    } catch (error) {
      throw explained(error, folder);
    }
    return new MessageStore(folder, names);
  }

  /** Takes away what a listener that died had not stored: nobody was told that it was. */
  async forgetHalves(): Promise<void> {
    const folder = join(this.#root, INCOMING);
    for await (const { name } of await opendir(folder)) await rm(join(folder, name), { force: true });
  }

  /**
   * Resolves once the message is on the disk for good: temporary file, fsync, its name, fsync of the folder. What it
   * has is kept once; other bytes under the same control id of the same sender are kept beside it, as a conflict.
   */
  async keep(message: Uint8Array, { sender, controlId }: Header): Promise<Stored> {
    const name = createHash('sha256').update(`${sender}\r${controlId}`, 'latin1').digest('hex');
    const path = join(this.#root, name.slice(0, 2), `${name}.hl7`);
    try {
      if (await this.#place(message, path)) return 'kept';
      if (Buffer.compare(await readFile(path), message) === 0) {
        // Its first sender may have broken off before the name was durable.
        await syncFolder(this.#names, dirname(path));
        return 'had-it';
      }
      const other = createHash('sha256').update(message).digest('hex');
      await this.#place(message, path.replace(/hl7$/, `${other}.conflict`));
      return 'conflict';
    } catch (error) {
      throw explained(error, this.#root);
    }
  }

  async *list(signal: AbortSignal): AsyncGenerator<Item> {
    for await (const shelf of await opendir(this.#root)) {
      if (!shelf.isDirectory() || !SHELF.test(shelf.name)) continue;
      for await (const { name } of await opendir(join(this.#root, shelf.name))) {
        signal.throwIfAborted();
        const path = `${shelf.name}/${name}`;
        if (!KEPT.test(path) && !CONFLICT.test(path)) continue;
        const { size, mtime } = await stat(join(this.#root, path));
        yield { path, sizeBytes: size, modifiedAt: mtime.toISOString(), mediaType: MEDIA_TYPE };
      }
    }
  }

  /** A conflict is not read: which of the two is right, only their sender knows. */
  async *read(path: string, offsetBytes: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    requireSafePath(path);
    if (CONFLICT.test(path)) {
      const message = `${path} is another message under the control id of the one beside it`;
      throw new ConnectorError('ITEM_REFUSED', `${message}; ask its sender which of them is right`);
    }
    if (!KEPT.test(path)) throw new ConnectorError('ITEM_NOT_FOUND', `there is no message ${JSON.stringify(path)}`);
    try {
      yield* createReadStream(join(this.#root, path), { start: offsetBytes, signal });
    } catch (error) {
      signal.throwIfAborted();
      throw explained(error, path);
    }
  }

  /** False when there is one already. */
  async #place(message: Uint8Array, path: string): Promise<boolean> {
    const temporary = join(this.#root, INCOMING, randomBytes(16).toString('hex'));
    try {
      const file = await open(temporary, 'wx', FILE_MODE);
      try {
        await file.writeFile(message);
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#ensureShelf(dirname(path));
      if (!(await this.#named(temporary, path))) return false;
      await syncFolder(this.#names, dirname(path));
      return true;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async #ensureShelf(shelf: string): Promise<void> {
    const made = await mkdir(shelf, { recursive: true, mode: FOLDER_MODE });
    if (made !== undefined) await syncFolder(this.#names, this.#root);
  }

  /** False when there is one already. */
  async #named(temporary: string, path: string): Promise<boolean> {
    try {
      // Looked first, then renamed, where nothing can be linked: whoever holds the port is the only one that writes.
      await linkOrRename(this.#names, temporary, path);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  }
}

function explained(error: unknown, what: string): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return new ConnectorError('ITEM_NOT_FOUND', `${what} is not there`);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new ConnectorError('ACCESS_DENIED', `${what} is not allowed to this user`);
    case 'ENOSPC':
    case 'EDQUOT':
      return new ConnectorError('SPACE_EXHAUSTED', `the disk of ${what} is full; free space and resume`);
    default:
      return error;
  }
}
