/** Writes ZIP files for tests, honest ones and others. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer | string;
  readonly stored?: boolean;
  /** General purpose bits: 1 is encrypted. */
  readonly flags?: number;
  readonly method?: number;
  /** What is written of its size and check sum, where it is not true. */
  readonly sizeBytes?: number;
  readonly crc?: number;
  /** The mode of a file on Unix. */
  readonly mode?: number;
}

const MADE_BY_UNIX = 0x0314;

export function zip(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const listed: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const { head, data, name } = partsOf(entry);
    const local = Buffer.concat([signed('PK\x03\x04', head), name, data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(at, 10);
    const madeBy = Buffer.alloc(2);
    madeBy.writeUInt16LE(MADE_BY_UNIX);
    listed.push(Buffer.concat([signed('PK\x01\x02', Buffer.concat([madeBy, head])), tail, name]));
    locals.push(local);
    at += local.length;
  }
  const list = Buffer.concat(listed);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(list.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...locals, list, signed('PK\x05\x06', end)]);
}

/** The 26 bytes that a local header and the list have in common. */
function partsOf(entry: ZipEntry): { readonly head: Buffer; readonly data: Buffer; readonly name: Buffer } {
  const content = Buffer.from(entry.content as string);
  const data = entry.stored === true ? content : deflateRawSync(content);
  const name = Buffer.from(entry.name);
  const head = Buffer.alloc(26);
  head.writeUInt16LE(20, 0);
  head.writeUInt16LE((entry.flags ?? 0) | 0x800, 2);
  head.writeUInt16LE(entry.method ?? (entry.stored === true ? 0 : 8), 4);
  head.writeUInt32LE(entry.crc ?? crc32(content), 10);
  head.writeUInt32LE(data.length, 14);
  head.writeUInt32LE(entry.sizeBytes ?? content.length, 18);
  head.writeUInt16LE(name.length, 22);
  return { head, data, name };
}

function signed(signature: string, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(signature, 'latin1'), bytes]);
}

/** An archive that lists one entry of so many zeros again and again: it unpacks to a million times its size. */
export function bomb(sizeBytes: number, times: number): Buffer {
  const once = zip([{ name: 'zeros', content: Buffer.alloc(sizeBytes) }]);
  const [list, end] = [once.indexOf('PK\x01\x02'), once.lastIndexOf('PK\x05\x06')];
  const record = once.subarray(list, end);
  const last = Buffer.from(once.subarray(end));
  last.writeUInt16LE(times, 8);
  last.writeUInt16LE(times, 10);
  last.writeUInt32LE(record.length * times, 12);
  return Buffer.concat([once.subarray(0, list), ...Array.from({ length: times }, () => record), last]);
}
