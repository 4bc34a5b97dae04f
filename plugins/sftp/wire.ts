/** SFTP version 3 on the wire (draft-ietf-secsh-filexfer-02): packets out, packets in. */

export const ASK = {
  init: 1,
  open: 3,
  close: 4,
  read: 5,
  write: 6,
  lstat: 7,
  fstat: 8,
  opendir: 11,
  readdir: 12,
  remove: 13,
  mkdir: 14,
  realpath: 16,
  stat: 17,
  rename: 18,
  extended: 200,
} as const;
export const ANSWER = {
  version: 2,
  status: 101,
  handle: 102,
  data: 103,
  name: 104,
  attrs: 105,
  extended: 201,
} as const;
export const STATUS = { ok: 0, eof: 1, noSuchFile: 2, permissionDenied: 3, failure: 4, unsupported: 8 } as const;
export const OPEN_FLAGS = { read: 0x01, write: 0x02, create: 0x08, truncate: 0x10, exclusive: 0x20 } as const;

const ATTRS = { size: 0x1, owner: 0x2, permissions: 0x4, times: 0x8, extended: 0x8000_0000 } as const;
const FILE_TYPE = { mask: 0o170000, folder: 0o040000, file: 0o100000, symlink: 0o120000 } as const;
/** OpenSSH's SFTP_MAX_MSG_LENGTH. */
const PACKET_MAX_BYTES = 256 * 1024;
/** Its length, its type, and the id of the request. */
const PACKET_HEAD_BYTES = 9;
const UINT32 = 0x1_0000_0000;

export type Field = { readonly bytes: Buffer } | { readonly uint32: number } | { readonly uint64: number };

/** One packet; `bodyBytes` is what follows it on the wire and belongs to it. */
export function packet(type: number, id: number, fields: readonly Field[], bodyBytes = 0): Buffer {
  const out = encoded(fields, PACKET_HEAD_BYTES);
  out.writeUInt32BE(out.byteLength - 4 + bodyBytes, 0);
  out[4] = type;
  out.writeUInt32BE(id, 5);
  return out;
}

/** Fields one behind the other, with room before them; `bytes` are a string of RFC 4251, section 5. */
export function encoded(fields: readonly Field[], headBytes = 0): Buffer {
  const out = Buffer.allocUnsafe(fields.reduce((total, field) => total + sizeOf(field), headBytes));
  let at = headBytes;
  for (const field of fields) at = put(out, at, field);
  return out;
}

function sizeOf(field: Field): number {
  if ('bytes' in field) return 4 + field.bytes.byteLength;
  return 'uint32' in field ? 4 : 8;
}

function put(out: Buffer, at: number, field: Field): number {
  if ('bytes' in field) {
    out.writeUInt32BE(field.bytes.byteLength, at);
    field.bytes.copy(out, at + 4);
    return at + 4 + field.bytes.byteLength;
  }
  if ('uint32' in field) return out.writeUInt32BE(field.uint32, at);
  out.writeUInt32BE(Math.floor(field.uint64 / UINT32), at);
  return out.writeUInt32BE(field.uint64 % UINT32, at + 4);
}

export type EntryType = 'file' | 'folder' | 'symlink' | 'special' | 'unknown';

export interface Attributes {
  readonly type: EntryType;
  readonly sizeBytes: number | undefined;
  readonly modifiedSeconds: number | undefined;
}

/** Reads the fields of an answer in order. Fails with a RangeError when the answer ends too soon. */
export class FieldReader {
  readonly #body: Buffer;
  #at: number;

  constructor(body: Buffer, at = 0) {
    this.#body = body;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#body.byteLength;
  }

  uint32(): number {
    const value = this.#body.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  uint64(): number {
    return this.uint32() * UINT32 + this.uint32();
  }

  bytes(): Buffer {
    const length = this.uint32();
    if (this.#at + length > this.#body.byteLength) throw new RangeError('an answer ends inside a string');
    const value = this.#body.subarray(this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  attributes(): Attributes {
    const flags = this.uint32();
    const sizeBytes = flags & ATTRS.size ? this.uint64() : undefined;
    if (flags & ATTRS.owner) this.uint64();
    const type = flags & ATTRS.permissions ? typeOf(this.uint32()) : 'unknown';
    const modifiedSeconds = flags & ATTRS.times ? (this.uint32(), this.uint32()) : undefined;
    if (flags & ATTRS.extended) for (let left = this.uint32(); left > 0; left--) this.bytes(), this.bytes();
    return { type, sizeBytes, modifiedSeconds };
  }
}

function typeOf(permissions: number): EntryType {
  const type = permissions & FILE_TYPE.mask;
  if (type === FILE_TYPE.file) return 'file';
  if (type === FILE_TYPE.folder) return 'folder';
  return type === FILE_TYPE.symlink ? 'symlink' : 'special';
}

export interface PacketReceiver {
  /** Where the data that answers request `id` goes: a buffer of `length` bytes. Throws when none was asked for. */
  destination(id: number, length: number): Buffer;
  /** The data that answers request `id` is complete. */
  data(id: number): void;
  /** Any other packet; its body begins after the type. */
  packet(type: number, body: Buffer): void;
}

const HEAD_BYTES = 5;
const DATA_HEAD_BYTES = 13;

/** Cuts the byte stream into packets; file data goes straight to where it is wanted, without a second copy. */
export class PacketCutter {
  readonly #receiver: PacketReceiver;
  readonly #head = Buffer.alloc(DATA_HEAD_BYTES);
  #headFilled = 0;
  #sink: Buffer | undefined;
  #sinkFilled = 0;

  constructor(receiver: PacketReceiver) {
    this.#receiver = receiver;
  }

  /** Throws on anything that is not SFTP; the connection is then of no further use. */
  feed(chunk: Buffer): void {
    for (let at = 0; at < chunk.byteLength; ) {
      at = this.#sink === undefined ? this.#fillHead(chunk, at) : this.#fillSink(this.#sink, chunk, at);
    }
  }

  #fillHead(chunk: Buffer, from: number): number {
    const wanted = this.#headFilled >= HEAD_BYTES ? DATA_HEAD_BYTES : HEAD_BYTES;
    const taken = Math.min(wanted - this.#headFilled, chunk.byteLength - from);
    chunk.copy(this.#head, this.#headFilled, from, from + taken);
    this.#headFilled += taken;
    if (this.#headFilled === HEAD_BYTES && this.#head[4] !== ANSWER.data) this.#begin();
    if (this.#headFilled === DATA_HEAD_BYTES) this.#begin();
    return from + taken;
  }

  #begin(): void {
    const length = this.#head.readUInt32BE(0);
    if (length < 1 || length > PACKET_MAX_BYTES) throw new RangeError('an answer has an impossible length');
    if (this.#head[4] === ANSWER.data) {
      const dataLength = this.#head.readUInt32BE(9);
      if (dataLength !== length - (DATA_HEAD_BYTES - 4)) throw new RangeError('an answer has two lengths');
      this.#sink = this.#receiver.destination(this.#head.readUInt32BE(5), dataLength);
    } else {
      this.#sink = Buffer.allocUnsafe(length - 1);
    }
    this.#sinkFilled = 0;
    if (this.#sink.byteLength === 0) this.#complete(this.#sink);
  }

  #fillSink(sink: Buffer, chunk: Buffer, from: number): number {
    const taken = Math.min(sink.byteLength - this.#sinkFilled, chunk.byteLength - from);
    chunk.copy(sink, this.#sinkFilled, from, from + taken);
    this.#sinkFilled += taken;
    if (this.#sinkFilled === sink.byteLength) this.#complete(sink);
    return from + taken;
  }

  #complete(sink: Buffer): void {
    this.#sink = undefined;
    this.#headFilled = 0;
    const type = this.#head[4] ?? 0;
    if (type === ANSWER.data) this.#receiver.data(this.#head.readUInt32BE(5));
    else this.#receiver.packet(type, sink);
  }
}
