/** Requests and answers over one SSH channel: many requests under way at once, answered in any order. */
import type { Client, ClientChannel } from 'ssh2';
import { ConnectorError } from '@waybill/connector-sdk';
import { LostError, StatusError } from './failure.ts';
import { weightOf } from './request-sizes.ts';
import { ANSWER, ASK, FieldReader, packet, PacketCutter, STATUS, type Field } from './wire.ts';

const VERSION = 3;
/** Far above what the windows of all operations together ask for. */
const REQUESTS_MAX = 16_384;
/** Requests wait for company until the event loop turns, or until this much is gathered: one SSH packet. */
const GATHER_BYTES = 32_000;
/** Data this long travels as a packet of its own rather than being copied behind others. */
const COPY_MAX_BYTES = 8 * 1024;

export interface Answer {
  readonly type: number;
  readonly body: Buffer;
}

interface Waiting {
  readonly into: Buffer | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly weight: number;
  received: number;
}

export class RequestChannel {
  /** What the server offers beyond the standard, for example `fsync@openssh.com`. */
  readonly extensions = new Set<string>();
  readonly #peer: string;
  readonly #channel: ClientChannel;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #load = 0;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #isFlushDue = false;
  #lost: Error | undefined;
  readonly #greeting: Promise<void>;
  #greet: { resolve(): void; reject(error: Error): void } | undefined;

  private constructor(peer: string, channel: ClientChannel) {
    this.#peer = peer;
    this.#channel = channel;
    const cutter = new PacketCutter({
      destination: (id, length) => this.#destination(id, length),
      data: (id) => this.#settle(id, { type: ANSWER.data, body: Buffer.alloc(0) }),
      packet: (type, body) => this.#receive(type, body),
    });
    channel.on('data', (chunk: Buffer) => {
      try {
        cutter.feed(chunk);
      } catch (error) {
        this.lose(new ConnectorError('UNAVAILABLE', `${peer} does not speak SFTP as expected`, { cause: error }));
        channel.close();
      }
    });
    channel.stderr.resume();
    channel.on('error', () => this.lose(new LostError(peer)));
    channel.on('close', () => this.lose(new LostError(peer)));
    this.#greeting = new Promise((resolve, reject) => {
      this.#greet = { resolve, reject };
    });
  }

  /** Starts the SFTP subsystem. Fails with UNSUPPORTED when the server has none. */
  static async open(client: Client, peer: string): Promise<RequestChannel> {
    const opened = new RequestChannel(peer, await subsystem(client, peer));
    opened.#channel.write(Buffer.from([0, 0, 0, 5, ASK.init, 0, 0, 0, VERSION]));
    await opened.#greeting;
    return opened;
  }

  get isLost(): boolean {
    return this.#lost !== undefined;
  }

  /** How much is unanswered, in small requests. */
  get load(): number {
    return this.#load;
  }

  ask(type: number, fields: readonly Field[], data?: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#send(type, fields, data, {
        into: undefined,
        weight: weightOf(data?.byteLength ?? 0),
        resolve,
        reject,
        received: 0,
      });
    });
  }

  /** Asks for file data, which goes into `into`; resolves to its number of bytes, 0 at the end of the file. */
  askInto(type: number, fields: readonly Field[], into: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        into,
        weight: weightOf(into.byteLength),
        received: 0,
        reject,
        resolve: (answer) => {
          const status = statusIn(answer);
          if (answer.type === ANSWER.data || status === STATUS.eof) resolve(waiting.received);
          else reject(new StatusError(status ?? STATUS.failure));
        },
      };
      this.#send(type, fields, undefined, waiting);
    });
  }

  /** Fails every unanswered request and every later one. */
  lose(error: Error): void {
    if (this.#lost !== undefined) return;
    this.#lost = error;
    this.#greet?.reject(error);
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.#load = 0;
  }

  #send(type: number, fields: readonly Field[], data: Uint8Array | undefined, waiting: Waiting): void {
    if (this.#lost !== undefined) return waiting.reject(this.#lost);
    if (this.#waiting.size >= REQUESTS_MAX) {
      return waiting.reject(new ConnectorError('UNAVAILABLE', `${this.#peer} leaves too many requests unanswered`));
    }
    const id = this.#nextId;
    this.#nextId = (this.#nextId + 1) % 0x1_0000_0000;
    this.#waiting.set(id, waiting);
    this.#load += waiting.weight;
    this.#gather(packet(type, id, fields, data?.byteLength ?? 0));
    if (data === undefined) return;
    if (data.byteLength <= COPY_MAX_BYTES) return this.#gather(data);
    this.#flush();
    this.#channel.write(data);
  }

  #gather(bytes: Uint8Array): void {
    this.#gathered.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.#gatheredBytes += bytes.byteLength;
    if (this.#gatheredBytes >= GATHER_BYTES) return this.#flush();
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    if (this.#gathered.length === 0 || this.#lost !== undefined) return;
    const bytes = Buffer.concat(this.#gathered, this.#gatheredBytes);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#channel.write(bytes);
  }

  #destination(id: number, length: number): Buffer {
    const waiting = this.#waiting.get(id);
    if (waiting?.into === undefined || length > waiting.into.byteLength) throw new RangeError('data nobody asked for');
    waiting.received = length;
    return waiting.into.subarray(0, length);
  }

  #receive(type: number, body: Buffer): void {
    if (type !== ANSWER.version) return this.#settle(body.readUInt32BE(0), { type, body });
    const reader = new FieldReader(body, 4);
    while (!reader.isAtEnd) {
      this.extensions.add(reader.bytes().toString('latin1'));
      reader.bytes();
    }
    this.#greet?.resolve();
  }

  #settle(id: number, answer: Answer): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) throw new RangeError('an answer nobody asked for');
    this.#waiting.delete(id);
    this.#load -= waiting.weight;
    waiting.resolve(answer);
  }
}

function subsystem(client: Client, peer: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const lost = (): void => reject(new LostError(peer));
    client.once('close', lost);
    client.subsys('sftp', (error, channel) => {
      client.removeListener('close', lost);
      if (error === undefined) return resolve(channel);
      reject(new ConnectorError('UNSUPPORTED', `${peer} offers no SFTP to this user`));
    });
  });
}

/** The status in an answer that is one. */
export function statusIn(answer: Answer): number | undefined {
  return answer.type === ANSWER.status ? answer.body.readUInt32BE(4) : undefined;
}
