/** A folder of an SFTP server, over the session, the trust and the algorithms of the SFTP connector. */
import type { ConnectorContext } from '@waybill/connector-sdk';
import {
  commitFile,
  explain,
  facts,
  hasStatus,
  lookAt,
  readInside,
  Root,
  STATUS,
  walk,
  writeHidden,
} from '@waybill/connector-sftp/files';
import type { DropFolder, Looked, Staging, Sweep, Swept } from './folder.ts';
import type { Remote } from './settings.ts';

/** How a file gets into place: see `FileCommit`. */
type Placing = 'link' | 'rename';

export class RemoteFolder implements DropFolder {
  readonly #root: Root;
  readonly #remote: Remote;
  readonly #by: Placing;

  private constructor(root: Root, remote: Remote, by: Placing) {
    this.#root = root;
    this.#remote = remote;
    this.#by = by;
  }

  /** Connects. Fails with CONFIG_INVALID when the server has no such folder, and as the SFTP connector does. */
  static async open(
    remote: Remote,
    by: Placing,
    context: ConnectorContext,
    signal: AbortSignal,
  ): Promise<RemoteFolder> {
    return new RemoteFolder(await Root.open(remote, context, signal), remote, by);
  }

  /** Another folder of the same server, over the same connections. */
  async beside(folder: string, signal: AbortSignal): Promise<RemoteFolder> {
    const remote = { ...this.#remote, root: folder };
    const root = await Root.open(remote, this.#root.context, signal, this.#root.links);
    return new RemoteFolder(root, remote, this.#by);
  }

  get root(): string {
    return this.#root.path;
  }

  async facts(signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    return facts(this.#remote, await this.#root.session(signal));
  }

  close(): Promise<void> {
    return this.#root.links.close();
  }

  async *sweep({ admits, depth }: Sweep, signal: AbortSignal): AsyncGenerator<Swept> {
    const session = await this.#root.session(signal);
    const wanted = { log: this.#root.context.log, admits, depth };
    for await (const { path, sizeBytes, modifiedAt } of walk(session, this.#root.path, wanted, signal)) {
      const seconds = modifiedAt === undefined ? undefined : Date.parse(modifiedAt) / 1000;
      yield { path, sizeBytes, modifiedAt, version: versionOf(sizeBytes, seconds) };
    }
  }

  async look(path: string, signal: AbortSignal): Promise<Looked | undefined> {
    const session = await this.#root.session(signal);
    try {
      const found = await lookAt(session, this.#root.locate(path));
      if (found === undefined) return undefined;
      const { type, sizeBytes, modifiedSeconds } = found;
      return { isFile: type === 'file' || type === 'unknown', version: versionOf(sizeBytes, modifiedSeconds) };
    } catch (error) {
      throw explain(error, 'looking at', path);
    }
  }

  read(path: string, offsetBytes: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    return readInside(this.#root, path, offsetBytes, signal);
  }

  async write(path: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    try {
      await writeHidden(this.#root, path, bytes, signal);
    } catch (error) {
      throw explain(error, 'staging', path);
    }
  }

  async place(staged: Staging, path: string, signal: AbortSignal): Promise<void> {
    const session = await this.#root.session(signal);
    const [final, from] = [this.#root.locate(path), this.#root.locate(staged.path)];
    try {
      await commitFile(this.#root, session, { path, final, staged: from, sha256: staged.sha256, by: this.#by, signal });
    } catch (error) {
      throw explain(error, 'committing', path);
    }
  }

  async remove(path: string, signal: AbortSignal): Promise<void> {
    const session = await this.#root.session(signal);
    await session.remove(this.#root.locate(path)).catch((error: unknown) => {
      if (!hasStatus(error, STATUS.noSuchFile)) throw explain(error, 'removing', path);
    });
  }
}

/** SFTP version 3 has seconds and no more. */
function versionOf(sizeBytes: number | undefined, modifiedSeconds: number | undefined): string {
  return `${sizeBytes}:${modifiedSeconds}`;
}
