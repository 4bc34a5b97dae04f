/** A TCP proxy on loopback that is a bad network when it is told to: it cuts, swallows, slows down and falls silent. */
import { setTimeout as pause } from 'node:timers/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Cuts one connection after so many more bytes came from the server. */
  cutAfter(bytes: number): void;
  /** Cuts one connection after so many more bytes went to the server. */
  cutUploadAfter(bytes: number): void;
  /** Swallows the next bytes from the server and cuts the connection they came over. */
  cutAtNextAnswer(): void;
  /** Swallows the next bytes to the server and cuts the connection they came over. */
  cutAtNextQuestion(): void;
  /** Keeps every connection and forwards nothing from the server. */
  silence(): void;
  /** Forwards no more than so many bytes a second from the server. */
  slow(bytesPerSecond: number): void;
  /** New connections go to another port on 127.0.0.1. */
  leadTo(port: number): void;
  /** Nothing is wrong any more. Connections that were silent are cut: what they missed cannot be made up for. */
  mend(): void;
  /** How many connections were cut. */
  readonly cuts: () => number;
  close(): Promise<void>;
}

interface State {
  port: number;
  downLeftBytes: number | undefined;
  upLeftBytes: number | undefined;
  isSilent: boolean;
  bytesPerSecond: number | undefined;
  cuts: number;
}

function wellTo(port: number): Omit<State, 'cuts'> {
  return { port, downLeftBytes: undefined, upLeftBytes: undefined, isSilent: false, bytesPerSecond: undefined };
}

/** Forwards every connection to `port` on 127.0.0.1. */
export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const state: State = { ...wellTo(port), cuts: 0 };
  const server = createServer({ noDelay: true }, (client) => forward(client, state, sockets));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const dropAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cutAfter: (bytes) => {
      state.downLeftBytes = bytes;
    },
    cutUploadAfter: (bytes) => {
      state.upLeftBytes = bytes;
    },
    cutAtNextAnswer: () => {
      state.downLeftBytes = 0;
    },
    cutAtNextQuestion: () => {
      state.upLeftBytes = 0;
    },
    silence: () => {
      state.isSilent = true;
    },
    slow: (bytesPerSecond) => {
      state.bytesPerSecond = bytesPerSecond;
    },
    leadTo: (elsewhere) => {
      state.port = elsewhere;
    },
    mend: () => {
      if (state.isSilent) dropAll();
      Object.assign(state, wellTo(port));
    },
    cuts: () => state.cuts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        dropAll();
      }),
  };
}

function forward(client: Socket, state: State, sockets: Set<Socket>): void {
  const upstream = connect({ port: state.port, host: '127.0.0.1', noDelay: true });
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
  let isCut = false;
  const pass = (from: Socket, to: Socket, bytes: Buffer, left: 'downLeftBytes' | 'upLeftBytes'): void => {
    if (isCut) return;
    const leftBytes = state[left];
    const forwarded = leftBytes === undefined ? bytes : bytes.subarray(0, leftBytes);
    if (leftBytes !== undefined) state[left] = leftBytes - forwarded.byteLength;
    if (forwarded.byteLength > 0 && !to.write(forwarded)) {
      from.pause();
      to.once('drain', () => from.resume());
    }
    if (state[left] !== 0) return;
    state[left] = undefined;
    isCut = true;
    state.cuts++;
    // What was forwarded still arrives; what follows never will.
    client.destroySoon();
    upstream.destroySoon();
  };
  client.on('data', (bytes: Buffer) => pass(client, upstream, bytes, 'upLeftBytes'));
  upstream.on('data', (bytes: Buffer) => {
    if (state.isSilent) return;
    const { bytesPerSecond } = state;
    if (bytesPerSecond === undefined) return pass(upstream, client, bytes, 'downLeftBytes');
    upstream.pause();
    void pause((bytes.byteLength / bytesPerSecond) * 1000).then(() => {
      upstream.resume();
      pass(upstream, client, bytes, 'downLeftBytes');
    });
  });
}
