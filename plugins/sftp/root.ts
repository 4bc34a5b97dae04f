/** The folder a source or target lives in, on a server it reaches through its links. */
import { ConnectorError, requireSafePath, type ConnectorContext } from '@waybill/connector-sdk';
import { explain, hasStatus } from './failure.ts';
import { Links } from './links.ts';
import type { Session } from './session.ts';
import { peerOf, type Settings } from './settings.ts';
import { STATUS } from './wire.ts';

/** Folders known to lie inside; beyond that the oldest is looked at again. */
const KNOWN_FOLDERS_MAX = 10_000;

export class Root {
  readonly links: Links;
  readonly context: ConnectorContext;
  /** Without a trailing slash and without symlinks. */
  readonly path: string;
  readonly #known = new Set<string>();

  private constructor(links: Links, context: ConnectorContext, path: string) {
    this.links = links;
    this.context = context;
    this.path = path;
  }

  /** Connects, unless it is by given links, and finds the folder. CONFIG_INVALID when the server has no such folder. */
  static async open(
    config: Settings,
    context: ConnectorContext,
    signal: AbortSignal,
    links = new Links(config, context),
  ): Promise<Root> {
    try {
      const session = await links.session(signal);
      const configured = Buffer.from(config.root);
      const attributes = await session.stat(configured);
      if (attributes.type !== 'folder' && attributes.type !== 'unknown') throw noFolder(config);
      const path = (await session.realPath(configured)).toString('utf8').replace(/\/+$/, '');
      return new Root(links, context, path);
    } catch (error) {
      await links.close();
      throw hasStatus(error, STATUS.noSuchFile) ? noFolder(config) : explain(error, 'opening', config.root);
    }
  }

  session(signal: AbortSignal): Promise<Session> {
    return this.links.session(signal);
  }

  /** The path on the wire of an item. Fails with PATH_REFUSED when it would leave the root. */
  locate(path: string): Buffer {
    requireSafePath(path);
    return Buffer.from(`${this.path}/${path}`, 'utf8');
  }

  isKnownFolder(folder: string): boolean {
    return this.#known.has(folder);
  }

  rememberFolder(folder: string): void {
    if (this.#known.size >= KNOWN_FOLDERS_MAX) {
      for (const oldest of this.#known) {
        this.#known.delete(oldest);
        break;
      }
    }
    this.#known.add(folder);
  }

  /** Fails with PATH_REFUSED when a symlink on the way leads out of the root. */
  async requireInside(session: Session, wirePath: Buffer, path: string): Promise<void> {
    const real = await session.realPath(wirePath);
    const inside = Buffer.from(`${this.path}/`, 'utf8');
    if (real.subarray(0, inside.byteLength).equals(inside)) return;
    const message = `${JSON.stringify(path)} leads out of the root through a symlink`;
    throw new ConnectorError(
      'PATH_REFUSED',
      `${message}; replace the symlink by what it points to, or exclude the item`,
    );
  }
}

function noFolder(config: Settings): ConnectorError {
  return new ConnectorError('CONFIG_INVALID', `${peerOf(config)} has no folder ${config.root}; create it or set root`);
}
