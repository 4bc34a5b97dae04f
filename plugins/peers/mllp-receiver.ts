/** A receiver of HL7 v2 over MLLP that keeps each control id once, and misbehaves when it is told to. */
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type SecureContextOptions } from 'node:tls';
import type { SandboxCertificates } from './certificates.ts';

/** What is done to the next message, or to all until `mend`. */
export type MllpFault =
  /** It is kept, and nothing is said. */
  | { readonly kind: 'silent' }
  /** The connection closes: after the message was kept, or before anything is. */
  | { readonly kind: 'close'; readonly landed: boolean }
  /** Another message is acknowledged. */
  | { readonly kind: 'other-id' }
  /** It is not kept, and refused with these words, which stand in the answer. */
  | { readonly kind: 'refuse'; readonly code: 'AE' | 'AR' | 'CE' | 'CR'; readonly words?: string }
  /** The answer ends before its end, and the connection with it. */
  | { readonly kind: 'half-answer' }
  /** The answer comes byte by byte. */
  | { readonly kind: 'byte-by-byte' }
  /** The answer is in no block. */
  | { readonly kind: 'no-block' }
  /** A block that is no acknowledgement. */
  | { readonly kind: 'garbage' }
  /** Bytes without end. */
  | { readonly kind: 'flood' }
  /** The acknowledgement is kept back until `release`. */
  | { readonly kind: 'late' }
  /** CA, and nothing after it. */
  | { readonly kind: 'accept-only' }
  /** An answer before the message is there. */
  | { readonly kind: 'early' };

export interface MllpReceiver {
  readonly port: number;
  /** What it keeps, in the order of arrival. */
  readonly kept: readonly Buffer[];
  /** How many whole messages came, those it had among them. */
  readonly arrivals: () => number;
  plant(fault: MllpFault): void;
  plantAlways(fault: MllpFault): void;
  /** Says what was kept back. */
  release(): void;
  /** Resolves when the next whole message has come. */
  next(): Promise<void>;
  mend(): void;
  close(): Promise<void>;
}

export interface MllpReceiverOptions {
  readonly certificates?: SandboxCertificates | undefined;
  /** PEM of the authority whose clients are let in; without it everybody is. */
  readonly clientAuthority?: string | undefined;
  /** False: it takes a message it has for a new one, as some do. */
  readonly dropsDuplicates?: boolean | undefined;
  readonly host?: string | undefined;
  /** What it speaks, where it is not what Node does. */
  readonly tls?: SecureContextOptions | undefined;
}

const [VT, FS, CR] = ['\x0b', '\x1c', '\r'] as const;
const FLOOD_CHUNK = Buffer.alloc(64 * 1024, 0x0b);
const FLOOD_CHUNKS_MAX = 1000;

export async function startMllpReceiver(options: MllpReceiverOptions = {}): Promise<MllpReceiver> {
  const receiver = new Receiver(options);
  const { certificates, clientAuthority: ca, host = '127.0.0.1' } = options;
  const tls = certificates && {
    cert: certificates.certificate,
    key: certificates.privateKey,
    ...options.tls,
    ...(ca !== undefined && { ca, requestCert: true, rejectUnauthorized: true }),
  };
  const take = (socket: Socket): void => receiver.take(socket);
  const server: Server = tls === undefined ? createTcpServer(take) : createTlsServer(tls, take);
  server.on('connection', (socket: Socket) => receiver.sockets.add(socket));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    kept: receiver.kept,
    arrivals: () => receiver.arrivals,
    plant: (fault) => receiver.planted.push(fault),
    plantAlways: (fault) => {
      receiver.always = fault;
    },
    release: () => {
      for (const say of receiver.held.splice(0)) say();
    },
    next: () => new Promise((resolve) => receiver.waiting.push(resolve)),
    mend: () => {
      receiver.planted.length = 0;
      receiver.always = undefined;
    },
    close: async () => {
      for (const socket of receiver.sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Receiver {
  readonly kept: Buffer[] = [];
  readonly planted: MllpFault[] = [];
  readonly held: (() => void)[] = [];
  readonly waiting: (() => void)[] = [];
  readonly sockets = new Set<Socket>();
  always: MllpFault | undefined;
  arrivals = 0;
  readonly #ids = new Set<string>();
  readonly #dropsDuplicates: boolean;

  constructor({ dropsDuplicates = true }: MllpReceiverOptions) {
    this.#dropsDuplicates = dropsDuplicates;
  }

  take(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
    let held = '';
    socket.on('data', (chunk: Buffer) => {
      held += chunk.toString('latin1');
      if (this.planted[0]?.kind === 'early' && this.planted.shift()) socket.write(blockOf(answerTo('MSH|^~\\&', 'AA')));
      for (let end = held.indexOf(FS + CR); end !== -1; end = held.indexOf(FS + CR)) {
        const start = held.indexOf(VT);
        this.#arrived(socket, held.slice(start + 1, end));
        held = held.slice(end + 2);
      }
    });
    socket.on('end', () => socket.end());
  }

  #arrived(socket: Socket, message: string): void {
    const fault = this.planted.shift() ?? this.always;
    this.arrivals += 1;
    const isLost = (fault?.kind === 'close' && !fault.landed) || fault?.kind === 'refuse';
    if (!isLost) this.#keep(message);
    this.#answer(socket, message, fault);
    for (const tell of this.waiting.splice(0)) tell();
  }

  #keep(message: string): void {
    const id = fieldOf(message, 10);
    if (this.#ids.has(id) && this.#dropsDuplicates) return;
    this.#ids.add(id);
    this.kept.push(Buffer.from(message, 'latin1'));
  }

  #answer(socket: Socket, message: string, fault: MllpFault | undefined): void {
    const answers = codesFor(message).map((code) => answerTo(message, code));
    const say = (): void => {
      for (const each of answers) socket.write(blockOf(each));
    };
    const [first = ''] = answers;
    switch (fault?.kind) {
      case undefined:
        return say();
      case 'silent':
        return;
      case 'close':
        return void socket.destroy();
      case 'other-id':
        return void socket.write(blockOf(answerTo(message, 'AA', `${fieldOf(message, 10)}X`)));
      case 'refuse':
        return void socket.write(blockOf(answerTo(message, fault.code, fieldOf(message, 10), fault.words)));
      case 'half-answer':
        return void socket.end(VT + first.slice(0, first.length / 2));
      case 'byte-by-byte':
        return byteByByte(socket, answers.map(blockOf).join(''));
      case 'no-block':
        return void socket.write(first);
      case 'garbage':
        return void socket.write(blockOf('MSH|^~\\&|nothing|of|the|kind'));
      case 'flood':
        return flood(socket, FLOOD_CHUNKS_MAX);
      case 'late':
        return void this.held.push(say);
      case 'accept-only':
        return void socket.write(blockOf(answerTo(message, 'CA')));
      case 'early':
        return say();
      default:
        return fault satisfies undefined;
    }
  }
}

function fieldOf(message: string, number: number): string {
  return message.split('\r', 1)[0]?.split('|')[number - 1] ?? '';
}

/** What MSH-15 and MSH-16 ask for when all is well. */
function codesFor(message: string): readonly string[] {
  const [accept, application] = [fieldOf(message, 15), fieldOf(message, 16)];
  if (accept === '' && application === '') return ['AA'];
  const isAsked = (field: string): boolean => field === 'AL' || field === 'SU';
  return [...(isAsked(accept) ? ['CA'] : []), ...(isAsked(application) ? ['AA'] : [])];
}

function answerTo(message: string, code: string, id = fieldOf(message, 10), words = ''): string {
  const error = words === '' ? '' : `ERR||PID^1^5|207|E|||${words}\r`;
  return `MSH|^~\\&|RECEIVER|SITE|SENDER|SITE|20260101||ACK|A${id}|P|2.5.1\rMSA|${code}|${id}|${words}\r${error}`;
}

function blockOf(text: string): string {
  return VT + text + FS + CR;
}

function byteByByte(socket: Socket, text: string): void {
  if (text === '' || socket.destroyed) return;
  socket.write(text.slice(0, 1), () => setImmediate(() => byteByByte(socket, text.slice(1))));
}

function flood(socket: Socket, left: number): void {
  if (left > 0 && !socket.destroyed) socket.write(FLOOD_CHUNK, () => flood(socket, left - 1));
}
