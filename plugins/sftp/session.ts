/** The requests of SFTP version 3, one method each, and the few of OpenSSH's that Waybill uses. */
import type { Connection } from './connect.ts';
import { RequestChannel, statusIn, type Answer } from './channel.ts';
import { LostError, StatusError } from './failure.ts';
import { LIMITS, type RequestSizes, sizesIn, SMALL_REQUESTS } from './request-sizes.ts';
import { ANSWER, ASK, FieldReader, STATUS } from './wire.ts';
import type { Attributes, Field } from './wire.ts';

export interface Entry {
  readonly name: Buffer;
  readonly attributes: Attributes;
}

export type Handle = Buffer;

/** SSH_FILEXFER_ATTR_PERMISSIONS. */
const PERMISSIONS = 0x4;

export class Session {
  readonly peer: string;
  readonly connection: Connection;
  readonly #channel: RequestChannel;
  #requestSizes: Promise<RequestSizes> | undefined;

  private constructor(connection: Connection, peer: string, channel: RequestChannel) {
    this.connection = connection;
    this.peer = peer;
    this.#channel = channel;
    connection.client.on('error', () => channel.lose(new LostError(peer)));
    connection.client.on('close', () => channel.lose(new LostError(peer)));
  }

  static async open(connection: Connection, peer: string): Promise<Session> {
    return new Session(connection, peer, await RequestChannel.open(connection.client, peer));
  }

  /** Found out at the first commit. */
  canLink: Promise<boolean> | undefined;

  get extensions(): ReadonlySet<string> {
    return this.#channel.extensions;
  }

  get isLost(): boolean {
    return this.#channel.isLost;
  }

  get load(): number {
    return this.#channel.load;
  }

  close(): void {
    this.#channel.lose(new LostError(this.peer));
    this.connection.client.end();
  }

  /** At once, whatever is under way: it is open no more, and what was asked is not answered. */
  cut(): void {
    this.#channel.lose(new LostError(this.peer));
    this.connection.client.destroy();
  }

  async openFile(path: Buffer, flags: number): Promise<Handle> {
    return handleIn(await this.#channel.ask(ASK.open, [{ bytes: path }, { uint32: flags }, { uint32: 0 }]));
  }

  async openFolder(path: Buffer): Promise<Handle> {
    return handleIn(await this.#channel.ask(ASK.opendir, [{ bytes: path }]));
  }

  async closeHandle(handle: Handle): Promise<void> {
    requireOk(await this.#channel.ask(ASK.close, [{ bytes: handle }]));
  }

  /** Asked when a file is first met that would profit; a server without a word on it gets what every server takes. */
  requestSizes(): Promise<RequestSizes> {
    this.#requestSizes ??= this.#askSizes();
    return this.#requestSizes;
  }

  async #askSizes(): Promise<RequestSizes> {
    if (!this.extensions.has(LIMITS)) return SMALL_REQUESTS;
    try {
      return sizesIn(await this.extended(LIMITS));
    } catch (error) {
      if (error instanceof LostError) throw error;
      return SMALL_REQUESTS;
    }
  }

  /** Fills `into` from `position`; resolves to the number of bytes, 0 at the end of the file. */
  read(handle: Handle, position: number, into: Buffer): Promise<number> {
    const fields: Field[] = [{ bytes: handle }, { uint64: position }, { uint32: into.byteLength }];
    return this.#channel.askInto(ASK.read, fields, into);
  }

  async write(handle: Handle, position: number, data: Uint8Array): Promise<void> {
    const fields: Field[] = [{ bytes: handle }, { uint64: position }, { uint32: data.byteLength }];
    requireOk(await this.#channel.ask(ASK.write, fields, data));
  }

  /** Of a path without following its last symlink. */
  async lstat(path: Buffer): Promise<Attributes> {
    return attributesIn(await this.#channel.ask(ASK.lstat, [{ bytes: path }]));
  }

  /** Of a path, following symlinks. */
  async stat(path: Buffer): Promise<Attributes> {
    return attributesIn(await this.#channel.ask(ASK.stat, [{ bytes: path }]));
  }

  async statHandle(handle: Handle): Promise<Attributes> {
    return attributesIn(await this.#channel.ask(ASK.fstat, [{ bytes: handle }]));
  }

  /** The next names of an open folder; `undefined` after the last. */
  async readFolder(handle: Handle): Promise<readonly Entry[] | undefined> {
    const answer = await this.#channel.ask(ASK.readdir, [{ bytes: handle }]);
    return statusIn(answer) === STATUS.eof ? undefined : namesIn(answer);
  }

  async remove(path: Buffer): Promise<void> {
    requireOk(await this.#channel.ask(ASK.remove, [{ bytes: path }]));
  }

  /** `permissions` as in chmod; without them the server decides. */
  async makeFolder(path: Buffer, permissions?: number): Promise<void> {
    const attributes: Field[] =
      permissions === undefined ? [{ uint32: 0 }] : [{ uint32: PERMISSIONS }, { uint32: permissions }];
    requireOk(await this.#channel.ask(ASK.mkdir, [{ bytes: path }, ...attributes]));
  }

  /** The path without symlinks. */
  async realPath(path: Buffer): Promise<Buffer> {
    const [entry] = namesIn(await this.#channel.ask(ASK.realpath, [{ bytes: path }]));
    if (entry === undefined) throw new StatusError(STATUS.failure);
    return entry.name;
  }

  async rename(from: Buffer, to: Buffer): Promise<void> {
    requireOk(await this.#channel.ask(ASK.rename, [{ bytes: from }, { bytes: to }]));
  }

  /** An extended request (draft section 8); resolves to the reply after its id. */
  async extended(name: string, ...fields: readonly Field[]): Promise<Buffer> {
    const answer = await this.#channel.ask(ASK.extended, [{ bytes: Buffer.from(name) }, ...fields]);
    if (answer.type === ANSWER.extended) return answer.body.subarray(4);
    requireOk(answer);
    return Buffer.alloc(0);
  }
}

function requireOk(answer: Answer): void {
  const status = statusIn(answer) ?? STATUS.failure;
  if (status !== STATUS.ok) throw new StatusError(status);
}

function handleIn(answer: Answer): Handle {
  if (answer.type !== ANSWER.handle) throw new StatusError(statusIn(answer) ?? STATUS.failure);
  return Buffer.from(new FieldReader(answer.body, 4).bytes());
}

function attributesIn(answer: Answer): Attributes {
  if (answer.type !== ANSWER.attrs) throw new StatusError(statusIn(answer) ?? STATUS.failure);
  return new FieldReader(answer.body, 4).attributes();
}

function namesIn(answer: Answer): readonly Entry[] {
  if (answer.type !== ANSWER.name) throw new StatusError(statusIn(answer) ?? STATUS.failure);
  const reader = new FieldReader(answer.body, 4);
  const entries: Entry[] = [];
  for (let left = reader.uint32(); left > 0; left--) {
    const name = reader.bytes();
    reader.bytes();
    entries.push({ name, attributes: reader.attributes() });
  }
  return entries;
}
