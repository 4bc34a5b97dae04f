/** A TCP proxy on loopback that cuts connections on request: a bad network, at the moment of the test's choice. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Cuts one connection after so many more bytes came from the server. */
  cutAfter(bytes: number): void;
  /** Swallows the next bytes from the server and cuts the connection they came over. */
  cutAtNextAnswer(): void;
  /** How many connections were cut. */
  readonly cuts: () => number;
  close(): Promise<void>;
}

/** Forwards every connection to `port` on 127.0.0.1. */
export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let leftBytes: number | undefined;
  let cuts = 0;
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port, host: '127.0.0.1', noDelay: true });
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.pipe(upstream);
    upstream.on('data', (bytes: Buffer) => {
      const forwarded = leftBytes === undefined ? bytes : bytes.subarray(0, leftBytes);
      if (leftBytes !== undefined) leftBytes -= forwarded.byteLength;
      if (forwarded.byteLength > 0 && !client.write(forwarded)) {
        upstream.pause();
        client.once('drain', () => upstream.resume());
      }
      if (leftBytes === 0) {
        leftBytes = undefined;
        cuts++;
        cut();
      }
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cutAfter: (bytes) => {
      leftBytes = bytes;
    },
    cutAtNextAnswer: () => {
      leftBytes = 0;
    },
    cuts: () => cuts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
