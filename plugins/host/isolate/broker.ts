/** Connects for a connector that has no network: to the addresses its endpoint lists, and nowhere else. */
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { allowedAddresses, mayLookUp, type AllowedPlace } from './allow-list.ts';
import { ConnectionRate } from './connection-rate.ts';

const CONNECTIONS_MAX = 64;
const CONNECT_MAX_MS = 30_000;

/** A connection by its number, or why there is none: a code as Node's sockets have them. */
export type Connected = { readonly connection: number } | { readonly refused: string };

/** What the connections of one connector have carried, when it is more than they may. */
export interface Exceeded {
  readonly wireMaxBytes: number;
}

/** How fast it may open connections, when it was faster. */
export interface Hurried {
  readonly connectionsPerMinuteMax: number;
}

/** A place that the plan does not list, or of which it lists the name alone where that leads to what is not public. */
export interface Unlisted extends AllowedPlace {
  readonly isNamed: boolean;
}

export type Resolve = (host: string) => Promise<readonly string[]>;

export interface BrokerOptions {
  readonly allowed: readonly AllowedPlace[];
  log(fact: string, facts: Readonly<Record<string, string | number>>): void;
  readonly resolve?: Resolve | undefined;
  /** What all connections may carry, both ways together; left out: no end. */
  readonly wireMaxBytes?: number | undefined;
  /** How many connections a minute may be opened, as many of them at once as a minute allows; left out: no end. */
  readonly connectionsPerMinuteMax?: number | undefined;
  /** Milliseconds that never go back. */
  readonly nowMs?: (() => number) | undefined;
}

export class Broker {
  readonly #options: BrokerOptions;
  readonly #rate: ConnectionRate;
  readonly #open = new Map<number, Socket>();
  readonly #closed = new AbortController();
  #looking: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #next = 0;
  #carriedBytes = 0;
  /** Why it was last kept from what it asked for, where the plan or the house says so: another object each time. */
  kept: Unlisted | Exceeded | Hurried | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
    const { connectionsPerMinuteMax = Number.MAX_SAFE_INTEGER, nowMs = () => performance.now() } = options;
    this.#rate = new ConnectionRate(connectionsPerMinuteMax, nowMs);
  }

  /** Resolves the name once, and connects to an address that was judged; `outgoing` is what the connector sends. */
  async connect(host: string, port: number, outgoing: AsyncIterable<Uint8Array>): Promise<Connected> {
    if (this.#open.size + this.#pending >= CONNECTIONS_MAX) return this.#refuse('EMFILE', port);
    if (!this.#mayCarry(0)) return this.#refuse('EDQUOT', port);
    this.#pending++;
    try {
      return await this.#connect(host, port, outgoing);
    } finally {
      this.#pending--;
    }
  }

  /** What comes in. Whoever asks a second time gets nothing. */
  bytes(connection: number): AsyncIterable<Uint8Array> | undefined {
    // The other direction may still be open when this one has ended.
    const socket = this.#open.get(connection);
    return socket && this.#counted(socket.iterator({ destroyOnReturn: false }));
  }

  close(): void {
    this.#closed.abort();
    for (const socket of this.#open.values()) socket.destroy();
  }

  async #connect(host: string, port: number, outgoing: AsyncIterable<Uint8Array>): Promise<Connected> {
    const { allowed } = this.#options;
    const isNamed = isIP(host) === 0 && mayLookUp(allowed, host, port);
    const unlisted = { host, port, isNamed };
    const isListed = isNamed || allowedAddresses(allowed, host, port, [host]).length > 0;
    if (!isListed) return this.#refuseUnlisted(unlisted);
    // A name that is looked up is asked of others too, whether it leads anywhere or not.
    if (!this.#rate.take()) return this.#refuseHurried(port);
    const addresses = isNamed ? await this.#lookUp(host) : [host];
    if (addresses.length === 0) return { refused: 'ENOTFOUND' };
    const [address] = allowedAddresses(allowed, host, port, addresses);
    if (address === undefined) return this.#refuseUnlisted(unlisted);
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(CONNECT_MAX_MS)]);
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    try {
      await once(socket, 'connect', { signal });
    } catch (error) {
      socket.destroy();
      const { code } = error as NodeJS.ErrnoException;
      return { refused: typeof code === 'string' && /^E[A-Z]+$/.test(code) ? code : 'ETIMEDOUT' };
    }
    const connection = this.#next++;
    this.#open.set(connection, socket);
    socket.on('error', () => {}).once('close', () => this.#open.delete(connection));
    pipeline(this.#counted(outgoing), socket).catch(() => socket.destroy());
    return { connection };
  }

  /** One after the other: Node has few threads to look up names, and others wait for them too. */
  #lookUp(host: string): Promise<readonly string[]> {
    const { resolve = resolved } = this.#options;
    const found = this.#looking.then(() => resolve(host)).catch(() => []);
    this.#looking = found;
    return found;
  }

  #refuseUnlisted(unlisted: Unlisted): Connected {
    this.kept = unlisted;
    return this.#refuse('EACCES', unlisted.port);
  }

  #refuseHurried(port: number): Connected {
    this.kept = { connectionsPerMinuteMax: this.#rate.perMinuteMax };
    return this.#refuse('EAGAIN', port);
  }

  async *#counted(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      if (!this.#mayCarry(chunk.byteLength)) throw new Error('its connections carried all that they may');
      yield chunk;
    }
  }

  /** Counts it; what is too much ends every connection. */
  #mayCarry(bytes: number): boolean {
    const { wireMaxBytes = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#carriedBytes + bytes <= wireMaxBytes) this.#carriedBytes += bytes;
    else this.#carriedBytes = Number.POSITIVE_INFINITY;
    if (this.#carriedBytes <= wireMaxBytes) return true;
    if (this.kept === undefined || !('wireMaxBytes' in this.kept))
      this.#options.log('connector-wire-full', { wireMaxBytes });
    this.kept = { wireMaxBytes };
    for (const socket of this.#open.values()) socket.destroy();
    return false;
  }

  #refuse(refused: string, port: number): Connected {
    this.#options.log('connector-network-refused', { code: refused, port });
    return { refused };
  }
}

async function resolved(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
