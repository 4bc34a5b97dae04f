/** A cable between gateway and subgraph that can be cut: connections break without a word, new ones are refused. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Wire {
  readonly port: number;
  cut(): Promise<void>;
  /** Mends it on the same port; from now on it leads to `to`. */
  mend(to: number): Promise<void>;
}

export async function openWire(to: number): Promise<Wire> {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const lay = async (from: number, target: number): Promise<number> => {
    const laid = createServer((near) => {
      const far = connect(target, '127.0.0.1');
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    server = laid;
    await new Promise<void>((resolve, reject) => laid.once('error', reject).listen(from, '127.0.0.1', resolve));
    return (laid.address() as AddressInfo).port;
  };
  const port = await lay(0, to);
  return {
    port,
    async cut() {
      const closed = new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async mend(target) {
      await lay(port, target);
    },
  };
}
