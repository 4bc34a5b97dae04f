/** A read-only SFTP server on loopback (SSH file transfer protocol, version 3) over a folder. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join, normalize, posix } from 'node:path';
import ssh2, { type Attributes, type SFTPWrapper } from 'ssh2';

const { Server, utils } = ssh2;
const { STATUS_CODE } = utils.sftp;

/** Changes the bytes of a file as they leave, as a bad link would. `opening` counts how often the file was opened. */
export type FlightFault = (path: string, opening: number, offset: number, bytes: Buffer) => Buffer;

export interface SftpServerOptions {
  readonly root: string;
  readonly user: string;
  /** OpenSSH public key line of the one who may log in. */
  readonly authorizedKey: string;
  readonly fault?: FlightFault | undefined;
}

export interface SftpServer {
  readonly port: number;
  /** `SHA256:` and the unpadded base 64 fingerprint, as ssh-keygen prints it. */
  readonly hostKey: string;
  close(): Promise<void>;
}

const NAMES_PER_REPLY_MAX = 100;

/** Starts the server on a port of the system's choice on 127.0.0.1. */
export async function startSftpServer(options: SftpServerOptions): Promise<SftpServer> {
  const hostKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const hostKeyPem = hostKeys.privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const allowed = utils.parseKey(options.authorizedKey);
  if (allowed instanceof Error) throw allowed;
  const openings = new Map<string, number>();
  const server = new Server({ hostKeys: [hostKeyPem] }, (client) => {
    (client as unknown as { setNoDelay(): void }).setNoDelay();
    client.on('error', () => client.end());
    client.on('authentication', (attempt) => {
      if (attempt.method !== 'publickey' || attempt.username !== options.user) return attempt.reject(['publickey']);
      const isKnown = attempt.key.data.equals(allowed.getPublicSSH());
      const isProved =
        !attempt.signature || allowed.verify(attempt.blob as Buffer, attempt.signature, attempt.hashAlgo) === true;
      return isKnown && isProved ? attempt.accept() : attempt.reject(['publickey']);
    });
    client.on('ready', () =>
      client.on('session', (accept) => accept().on('sftp', (start) => serve(start(), options, openings))),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const parsed = utils.parseKey(hostKeyPem);
  if (parsed instanceof Error) throw parsed;
  const fingerprint = createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '');
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: `SHA256:${fingerprint}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

interface OpenFile {
  readonly path: string;
  readonly opening: number;
  readonly file: FileHandle;
}

interface OpenFolder {
  readonly path: string;
  names: string[] | undefined;
}

/** What one session has open, by the handle it was given. */
class Handles {
  readonly #open = new Map<number, OpenFile | OpenFolder>();
  #next = 0;

  hand(held: OpenFile | OpenFolder): Buffer {
    const handle = Buffer.alloc(4);
    handle.writeUInt32BE(this.#next);
    this.#open.set(this.#next++, held);
    return handle;
  }

  get(handle: Buffer): OpenFile | OpenFolder | undefined {
    return this.#open.get(handle.readUInt32BE(0));
  }

  close(handle: Buffer): void {
    const closing = this.get(handle);
    this.#open.delete(handle.readUInt32BE(0));
    if (closing && 'file' in closing) void closing.file.close().catch(() => undefined);
  }

  closeAll(): void {
    for (const left of this.#open.values()) if ('file' in left) void left.file.close().catch(() => undefined);
    this.#open.clear();
  }
}

const WRITES = ['WRITE', 'FSETSTAT', 'SETSTAT', 'REMOVE', 'MKDIR', 'RMDIR', 'RENAME', 'SYMLINK'] as const;

function serve(sftp: SFTPWrapper, options: SftpServerOptions, openings: Map<string, number>): void {
  const handles = new Handles();
  const inside = (path: string) => join(options.root, normalize(`/${path}`));
  const refuse = (id: number) => (error: { code?: string }) =>
    sftp.status(id, error.code === 'ENOENT' ? STATUS_CODE.NO_SUCH_FILE : STATUS_CODE.FAILURE);
  for (const name of WRITES) sftp.on(name as 'REMOVE', (id: number) => sftp.status(id, STATUS_CODE.PERMISSION_DENIED));
  describePaths(sftp, inside, refuse);
  sftp.on('FSTAT', (id, handle) => {
    const file = handles.get(handle);
    if (!file || !('file' in file)) return sftp.status(id, STATUS_CODE.FAILURE);
    void file.file.stat().then((found) => sftp.attrs(id, attributes(found)), refuse(id));
  });
  sftp.on('OPENDIR', (id, path) => {
    const opened = () => sftp.handle(id, handles.hand({ path, names: undefined }));
    void lstat(inside(path)).then(opened, refuse(id));
  });
  sftp.on('READDIR', (id, handle) => void list(sftp, id, handles.get(handle), inside).catch(refuse(id)));
  sftp.on('OPEN', (id, path) => {
    const opening = (openings.get(path) ?? 0) + 1;
    openings.set(path, opening);
    const opened = (file: FileHandle) => sftp.handle(id, handles.hand({ path, opening, file }));
    void open(inside(path), 'r').then(opened, refuse(id));
  });
  sftp.on('READ', (id, handle, offset, length) => {
    void send(sftp, id, handles.get(handle), offset, length, options).catch(refuse(id));
  });
  sftp.on('CLOSE', (id, handle) => {
    handles.close(handle);
    sftp.status(id, STATUS_CODE.OK);
  });
  sftp.on('close', () => handles.closeAll());
}

type Refuse = (id: number) => (error: { code?: string }) => void;

function describePaths(sftp: SFTPWrapper, inside: (path: string) => string, refuse: Refuse): void {
  const describe = (id: number, path: string) =>
    void lstat(inside(path)).then((found) => sftp.attrs(id, attributes(found)), refuse(id));
  sftp.on('STAT', describe);
  sftp.on('LSTAT', describe);
  sftp.on('REALPATH', (id, path) => {
    const filename = posix.normalize(`/${path}`);
    sftp.name(id, [{ filename, longname: filename, attrs: {} as Attributes }]);
  });
}

async function list(
  sftp: SFTPWrapper,
  id: number,
  folder: OpenFile | OpenFolder | undefined,
  inside: (path: string) => string,
): Promise<void> {
  if (!folder || 'file' in folder) return sftp.status(id, STATUS_CODE.FAILURE);
  folder.names ??= (await readdir(inside(folder.path))).sort();
  const batch = folder.names.splice(0, NAMES_PER_REPLY_MAX);
  if (batch.length === 0) return sftp.status(id, STATUS_CODE.EOF);
  const names = await Promise.all(
    batch.map(async (filename) => {
      const found = await lstat(join(inside(folder.path), filename));
      return {
        filename,
        longname: `${found.isDirectory() ? 'd' : '-'}r--r--r-- 1 0 0 ${found.size} ${filename}`,
        attrs: attributes(found),
      };
    }),
  );
  return sftp.name(id, names);
}

async function send(
  sftp: SFTPWrapper,
  id: number,
  file: OpenFile | OpenFolder | undefined,
  offset: number,
  length: number,
  options: SftpServerOptions,
): Promise<void> {
  if (!file || !('file' in file)) return sftp.status(id, STATUS_CODE.FAILURE);
  const { bytesRead, buffer } = await file.file.read(Buffer.allocUnsafe(length), 0, length, offset);
  if (bytesRead === 0) return sftp.status(id, STATUS_CODE.EOF);
  const bytes = buffer.subarray(0, bytesRead);
  return sftp.data(id, options.fault ? options.fault(posix.normalize(file.path), file.opening, offset, bytes) : bytes);
}

function attributes(found: { mode: number; size: number; mtimeMs: number; atimeMs: number }): Attributes {
  return {
    mode: found.mode,
    uid: 0,
    gid: 0,
    size: found.size,
    atime: Math.trunc(found.atimeMs / 1000),
    mtime: Math.trunc(found.mtimeMs / 1000),
  };
}
