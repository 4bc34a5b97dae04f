/** OpenSSH's sftp-server behind a relay that hears every request, and holds, refuses or alters what it is told to. */
import { describe } from '@jest/globals';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { fingerprintOf } from '../../../plugins/sftp/fingerprint.ts';

const SERVER = '/usr/lib/openssh/sftp-server';
const NOBODY = 65_534;
const { Server, utils } = ssh2;
const NAMES: Readonly<Record<number, string>> = {
  ...{ 3: 'open', 4: 'close', 5: 'read', 6: 'write', 7: 'lstat', 8: 'fstat', 11: 'opendir', 12: 'readdir' },
  ...{ 13: 'remove', 14: 'mkdir', 16: 'realpath', 17: 'stat', 18: 'rename' },
};
const [INIT, WRITE, EXTENDED, VERSION, STATUS, HANDLE] = [1, 6, 200, 2, 101, 102];
const WITH_HANDLE = ['close', 'read', 'write', 'fstat', 'readdir', 'fsync@openssh.com'];
const HEAD_BYTES = 9;

export interface Asked {
  /** Which of the connections, from 1. */
  readonly connection: number;
  /** `open`, `write`, ..., or the name of an extension. */
  readonly what: string;
  /** Of the file that is meant, also where it is meant by its handle. */
  readonly path: string;
  /** Of a read or a write. */
  readonly position: number;
}

export interface Manners {
  /** It serves as a user who may not read everything. */
  readonly asNobody?: boolean;
  /** Extensions that are not offered. */
  readonly hides?: readonly string[];
  /** The status that is answered instead of asking the server. */
  readonly refuses?: (asked: Asked) => number | undefined;
  /** Which answers wait until they are released. */
  readonly holds?: (asked: Asked) => boolean;
  /** So many bytes of each write are left away; the server says OK to the rest. */
  readonly dropsBytes?: number;
}

export interface Overheard {
  readonly port: number;
  readonly hostKey: string;
  readonly password: string;
  readonly asked: readonly Asked[];
  /** Resolves when so many answers are held back. */
  held(count: number): Promise<void>;
  /** Gives the answers that were held, and holds no more. */
  release(): void;
  close(): Promise<void>;
}

/** Tests that need OpenSSH's sftp-server; where it is missing they are skipped and say why. */
export function describeOverheard(name: string, body: () => void): void {
  if (existsSync(SERVER)) describe(name, body);
  else describe.skip(`${name} (skipped: ${SERVER} is not installed, Debian package openssh-sftp-server)`, body);
}

export async function startOverheard(manners: Manners): Promise<Overheard> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const parsed = utils.parseKey(pem);
  if (!('getPublicSSH' in parsed)) throw parsed;
  const heard = new Heard(manners);
  const clients = new Set<Connection>();
  const server = new Server({ hostKeys: [pem] }, (client) => {
    clients.add(client);
    client.on('error', () => client.end());
    client.on('close', () => clients.delete(client));
    client.on('authentication', (attempt) => attempt.accept());
    client.on('session', (accept) => {
      accept().on('subsystem', (start) => heard.relay(start(), spawn(SERVER, ofUser(manners))));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: fingerprintOf(parsed.getPublicSSH()),
    password: 'open sesame',
    asked: heard.asked,
    held: (count) => heard.untilHeld(count),
    release: () => heard.release(),
    close: async () => {
      for (const client of clients) client.end();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function ofUser({ asNobody = false }: Manners): { uid?: number; gid?: number } {
  return asNobody && userInfo().uid === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}

class Heard {
  readonly asked: Asked[] = [];
  readonly #manners: Manners;
  readonly #waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  #held: (() => void)[] = [];
  #isHolding = true;
  #connections = 0;

  constructor(manners: Manners) {
    this.#manners = manners;
  }

  untilHeld(count: number): Promise<void> {
    if (this.#held.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  release(): void {
    this.#isHolding = false;
    for (const give of this.#held.splice(0)) give();
  }

  relay(channel: ServerChannel, server: ChildProcessWithoutNullStreams): void {
    const connection = ++this.#connections;
    const open = new Map<string, string>();
    const unanswered = new Map<number, Asked>();
    channel.on(
      'data',
      cutting((packet) => {
        if (packet[4] === INIT) return void server.stdin.write(packet);
        const asked = { connection, ...readRequest(packet, open) };
        this.asked.push(asked);
        const status = this.#manners.refuses?.(asked);
        if (status !== undefined) return void channel.write(statusAnswer(packet, status));
        unanswered.set(packet.readUInt32BE(5), asked);
        server.stdin.write(packet[4] === WRITE ? shortened(packet, this.#manners.dropsBytes ?? 0) : packet);
      }),
    );
    server.stdout.on(
      'data',
      cutting((packet) => {
        if (packet[4] === VERSION) return void channel.write(hiding(packet, this.#manners.hides ?? []));
        const asked = unanswered.get(packet.readUInt32BE(5));
        if (packet[4] === HANDLE) open.set(text(packet, HEAD_BYTES), asked?.path ?? '');
        this.#answer(asked, () => channel.write(packet));
      }),
    );
    channel.on('close', () => server.kill());
    server.on('exit', () => channel.close());
    server.stdin.on('error', () => {});
  }

  #answer(asked: Asked | undefined, give: () => void): void {
    if (!this.#isHolding || asked === undefined || this.#manners.holds?.(asked) !== true) return give();
    this.#held.push(give);
    for (const { count, resolve } of this.#waiting) if (this.#held.length >= count) resolve();
  }
}

/** Cuts a stream of bytes into packets. */
function cutting(take: (packet: Buffer) => void): (chunk: Buffer) => void {
  let left = Buffer.alloc(0);
  return (chunk) => {
    left = Buffer.concat([left, chunk]);
    while (left.byteLength >= 4 && left.byteLength >= 4 + left.readUInt32BE(0)) {
      const end = 4 + left.readUInt32BE(0);
      take(left.subarray(0, end));
      left = left.subarray(end);
    }
  };
}

function readRequest(packet: Buffer, open: ReadonlyMap<string, string>): Omit<Asked, 'connection'> {
  const name = text(packet, HEAD_BYTES);
  const isExtended = packet[4] === EXTENDED;
  const what = isExtended ? name : (NAMES[packet[4] ?? 0] ?? 'unknown');
  const meant = isExtended && packet.byteLength > after(packet) ? text(packet, after(packet)) : name;
  const hasPosition = what === 'read' || what === 'write';
  return {
    what,
    path: WITH_HANDLE.includes(what) ? (open.get(meant) ?? '') : meant,
    position: hasPosition ? Number(packet.readBigUInt64BE(after(packet))) : 0,
  };
}

const text = (packet: Buffer, at: number): string =>
  packet.toString('latin1', at + 4, at + 4 + packet.readUInt32BE(at));
/** Where the first string of a request ends. */
const after = (packet: Buffer): number => HEAD_BYTES + 4 + packet.readUInt32BE(HEAD_BYTES);

function statusAnswer(request: Buffer, status: number): Buffer {
  const answer = Buffer.alloc(4 + 1 + 4 + 4 + 4 + 4);
  answer.writeUInt32BE(answer.byteLength - 4, 0);
  answer[4] = STATUS;
  request.copy(answer, 5, 5, HEAD_BYTES);
  answer.writeUInt32BE(status, HEAD_BYTES);
  return answer;
}

function shortened(write: Buffer, bytes: number): Buffer {
  const lengthAt = after(write) + 8;
  const short = Buffer.from(write.subarray(0, Math.max(lengthAt + 4, write.byteLength - bytes)));
  short.writeUInt32BE(short.byteLength - 4, 0);
  short.writeUInt32BE(short.byteLength - lengthAt - 4, lengthAt);
  return short;
}

/** The server's greeting without some of its extensions. */
function hiding(greeting: Buffer, names: readonly string[]): Buffer {
  const kept = [greeting.subarray(0, HEAD_BYTES)];
  for (let at = HEAD_BYTES; at < greeting.byteLength; ) {
    const name = text(greeting, at);
    const dataAt = at + 4 + greeting.readUInt32BE(at);
    const end = dataAt + 4 + greeting.readUInt32BE(dataAt);
    if (!names.includes(name)) kept.push(greeting.subarray(at, end));
    at = end;
  }
  const shorter = Buffer.concat(kept);
  shorter.writeUInt32BE(shorter.byteLength - 4, 0);
  return shorter;
}
