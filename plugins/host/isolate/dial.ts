/** In the connector's own process: what connects by TCP does so over the link, and the host connects for it. */
import { once } from 'node:events';
import { createServer, Socket, type AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Connected } from './broker.ts';
import type { Link } from './link.ts';
import type { Offers } from './offers.ts';

interface Dialled {
  readonly host?: string | undefined;
  readonly port?: number | string | null | undefined;
  /** A socket that is a file; node:http says that there is none with null. */
  readonly path?: string | null | undefined;
}

/**
 * Sockets stay Node's own, so that TLS, HTTP and whatever else builds on them works: each is connected to a listener of
 * this process, and what that hears goes over the link.
 */
export function dialThroughHost(link: Link, offers: Offers): void {
  const connectHere = Socket.prototype.connect as (this: Socket, ...given: unknown[]) => Socket;
  const dial = function (this: Socket, ...given: unknown[]): Socket {
    const [{ host = 'localhost', port, path }, listener] = understood(given);
    if (path || (port ?? undefined) === undefined) return connectHere.apply(this, given);
    if (listener !== undefined) this.once('connect', listener);
    Object.assign(this, { connecting: true });
    tunnel(this, { host, port: Number(port) }, link, offers)
      .then((at) => connectHere.call(this, { host: at.address, port: at.port }))
      .catch((error: Error) => this.destroy(error));
    return this;
  };
  Object.assign(Socket.prototype, { connect: dial });
}

/** Resolves to where `socket`, and nobody else, may connect to reach what was asked for. */
async function tunnel(
  socket: Socket,
  to: { readonly host: string; readonly port: number },
  link: Link,
  offers: Offers,
): Promise<AddressInfo> {
  const met = Promise.withResolvers<Socket>();
  met.promise.catch(() => {});
  const offer = offers.add(heardFrom(met.promise));
  const answer = (await link.call('connect', { ...to, offer }, undefined)) as Connected;
  if ('refused' in answer) {
    offers.withdraw(offer);
    const { refused: code } = answer;
    throw Object.assign(new Error(`connect ${code} ${to.host}:${to.port}`), { code, syscall: 'connect', ...to });
  }
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const leave = (): void => {
    server.close();
    met.reject(new Error('nobody came'));
  };
  socket.once('close', leave);
  if (socket.destroyed) {
    leave();
    throw new Error('the socket was closed before it was connected');
  }
  server.on('connection', (near) => {
    near.on('error', () => {});
    // Others on this machine may find the listener where the loopback is not our own.
    if (near.remotePort !== socket.localPort) return near.destroy();
    server.close();
    met.resolve(near);
    const received = link.stream('connection', { connection: answer.connection }) as AsyncIterable<Uint8Array>;
    pipeline(received, near).catch(() => near.resetAndDestroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server.address() as AddressInfo;
}

async function* heardFrom(met: Promise<Socket>): AsyncGenerator<unknown> {
  // The other direction may still be open when this one has ended.
  yield* (await met).iterator({ destroyOnReturn: false });
}

/** The forms that `connect` takes: its options, a port and a host, or what net.connect has made of either. */
function understood(given: readonly unknown[]): readonly [Dialled, (() => void) | undefined] {
  const parts = Array.isArray(given[0]) ? (given[0] as readonly unknown[]) : given;
  const listener = parts.find((each) => typeof each === 'function') as (() => void) | undefined;
  const [first, second] = parts;
  if (typeof first === 'object' && first !== null) return [first, listener];
  if (typeof first === 'string' && !/^\d+$/.test(first)) return [{ path: first }, listener];
  return [{ port: first as number, host: typeof second === 'string' ? second : undefined }, listener];
}
