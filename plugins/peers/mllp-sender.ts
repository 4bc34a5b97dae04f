/** Sends HL7 v2 over MLLP as somebody else would, as a whole or in pieces, and hears what is answered. */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type SecureVersion } from 'node:tls';

export interface MllpSenderOptions {
  readonly port: number;
  readonly host?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ciphers?: string | undefined;
  readonly maxVersion?: SecureVersion | undefined;
}

export interface MllpSender {
  /** Sends bytes as they are. */
  write(text: string): void;
  /** Sends a message in a block; resolves to so many answers. Fails when the connection ends before they came. */
  send(message: string, answers?: number): Promise<readonly string[]>;
  /** Resolves when the other side has closed. */
  readonly closed: Promise<void>;
  close(): void;
}

const [VT, FS, CR] = ['\x0b', '\x1c', '\r'] as const;

/** Fails where nobody listens, or will not have us. */
export async function openMllpSender(options: MllpSenderOptions): Promise<MllpSender> {
  const { port, host = '127.0.0.1', ...trust } = options;
  const socket: Socket =
    trust.ca === undefined ? connectTcp({ host, port }) : connectTls({ host, port, ...trust, servername: 'localhost' });
  await new Promise<void>((resolve, reject) => {
    socket.once(trust.ca === undefined ? 'connect' : 'secureConnect', resolve);
    socket.once('error', reject);
  });
  let heard = '';
  let wake = (): void => {};
  let isClosed = false;
  socket.on('data', (chunk: Buffer) => {
    heard += chunk.toString('latin1');
    wake();
  });
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isClosed = true;
      wake();
      resolve();
    });
  });
  const next = async (): Promise<string> => {
    for (;;) {
      const end = heard.indexOf(FS + CR);
      if (end !== -1) {
        const answer = heard.slice(heard.indexOf(VT) + 1, end);
        heard = heard.slice(end + 2);
        return answer;
      }
      if (isClosed) throw new Error('the other side closed before it answered');
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    write: (text) => void socket.write(Buffer.from(text, 'latin1')),
    send: async (message, answers = 1) => {
      socket.write(Buffer.from(VT + message + FS + CR, 'latin1'));
      const got: string[] = [];
      while (got.length < answers) got.push(await next());
      return got;
    },
    closed,
    close: () => socket.destroy(),
  };
}
