/** An SFTP server that logs in by password and serves one folder of invented files, as oddly as it is told to. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2';

const { Server, utils } = ssh2;
const { STATUS_CODE } = utils.sftp;
const FOLDER_MODE = 0o040755;
const FILE_MODE = 0o100644;

export interface Strangeness {
  readonly password: string;
  readonly method: 'password' | 'keyboard-interactive';
  /** The names of its one folder. */
  readonly names: readonly string[];
  readonly content: Buffer;
  /** What it says a file's size is. */
  readonly statedBytes: number;
  /** The most it answers to one READ. */
  readonly answerMaxBytes: number;
  /** It takes every byte, and says only at the end that it could not store them. */
  readonly failsToClose: boolean;
}

export interface StrangeServer {
  readonly port: number;
  readonly hostKey: string;
  /** The most that one READ asked for. */
  readonly askedMaxBytes: number;
  close(): Promise<void>;
}

export async function startStrangeServer(strangeness: Strangeness): Promise<StrangeServer> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const parsed = utils.parseKey(pem);
  if (!('getPublicSSH' in parsed)) throw parsed;
  let askedMaxBytes = 0;
  const asked = (bytes: number): void => {
    askedMaxBytes = Math.max(askedMaxBytes, bytes);
  };
  const server = new Server({ hostKeys: [pem] }, (client) => {
    client.on('error', () => client.end());
    client.on('authentication', (attempt) => {
      if (attempt.method !== strangeness.method) return attempt.reject([strangeness.method]);
      if (attempt.method === 'password') {
        return attempt.password === strangeness.password ? attempt.accept() : attempt.reject();
      }
      attempt.prompt([{ prompt: 'Password: ', echo: false }], (answers) =>
        answers[0] === strangeness.password ? attempt.accept() : attempt.reject(),
      );
    });
    client.on('session', (accept) => accept().on('sftp', (start) => serve(start(), strangeness, asked)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '');
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: `SHA256:${digest}`,
    get askedMaxBytes() {
      return askedMaxBytes;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function serve(
  sftp: SFTPWrapper,
  { names, content, statedBytes, answerMaxBytes, failsToClose }: Strangeness,
  asked: (bytes: number) => void,
): void {
  const attributes = (mode: number): Attributes => ({ mode, uid: 0, gid: 0, size: statedBytes, atime: 1, mtime: 1 });
  const left = [...names];
  sftp.on('REALPATH', (id, path) => sftp.name(id, [{ filename: path, longname: path, attrs: {} as Attributes }]));
  sftp.on('STAT', (id) => sftp.attrs(id, attributes(FOLDER_MODE)));
  sftp.on('LSTAT', (id) => sftp.attrs(id, attributes(FILE_MODE)));
  sftp.on('FSTAT', (id) => sftp.attrs(id, attributes(FILE_MODE)));
  sftp.on('OPENDIR', (id) => sftp.handle(id, Buffer.from('folder')));
  sftp.on('READDIR', (id) => {
    const filename = left.shift();
    if (filename === undefined) return sftp.status(id, STATUS_CODE.EOF);
    sftp.name(id, [{ filename, longname: filename, attrs: attributes(FILE_MODE) }]);
  });
  sftp.on('OPEN', (id) => sftp.handle(id, Buffer.from('file')));
  sftp.on('READ', (id, _handle, offset, length) => {
    asked(length);
    const bytes = content.subarray(offset, offset + Math.min(length, answerMaxBytes));
    if (bytes.byteLength === 0) return sftp.status(id, STATUS_CODE.EOF);
    sftp.data(id, bytes);
  });
  sftp.on('WRITE', (id) => sftp.status(id, STATUS_CODE.OK));
  sftp.on('CLOSE', (id) => sftp.status(id, failsToClose ? STATUS_CODE.FAILURE : STATUS_CODE.OK));
}
