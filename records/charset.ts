/** Bytes to text: UTF-8 where it is, else the charset declared, else windows-1252; nothing is replaced silently. */
import { isAscii, isUtf8 } from 'node:buffer';

/** Seven bits: what has an eighth is not in it. Its WHATWG meaning is windows-1252. */
export const US_ASCII = 'us-ascii';

export interface DecodedText {
  readonly text: string;
  /** A WHATWG encoding label, or US_ASCII. */
  readonly charset: string;
  /** False where the bytes are not what `declared` promised, or `declared` is not known here. */
  readonly asDeclared: boolean;
  /** The length of the byte order mark before the text. */
  readonly markBytes: number;
}

/** Decodes `bytes`, a byte order mark left out. `declared` is a WHATWG label, where one is declared. */
export function decodeText(bytes: Buffer, declared?: string): DecodedText {
  if (isAscii(bytes) && !isStateful(declared)) {
    const isOneByteEach = declared?.startsWith('utf-16') !== true;
    const charset = isOneByteEach ? (declared ?? 'utf-8') : 'utf-8';
    return { text: bytes.toString('latin1'), charset, asDeclared: isOneByteEach, markBytes: 0 };
  }
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeAs(bytes, 'utf-16le', declared, 2);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeAs(bytes, 'utf-16be', declared, 2);
  if (isUtf8(bytes) && !isStateful(declared)) {
    const markBytes = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    const asDeclared = declared === undefined || declared === 'utf-8';
    return { text: bytes.toString('utf8', markBytes), charset: 'utf-8', asDeclared, markBytes };
  }
  if (declared !== undefined && declared !== 'utf-8' && declared !== US_ASCII)
    return decodeAs(bytes, declared, declared, 0);
  return { ...decodeAs(bytes, 'windows-1252', undefined, 0), asDeclared: declared === undefined };
}

/** Writes everything in seven bits, with escape characters between alphabets. */
function isStateful(declared: string | undefined): boolean {
  return declared === 'iso-2022-jp';
}

function decodeAs(bytes: Buffer, charset: string, declared: string | undefined, markBytes: number): DecodedText {
  try {
    const text = new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes.subarray(markBytes));
    const isWide = declared === 'utf-16' && charset.startsWith('utf-16');
    return { text, charset, asDeclared: declared === undefined || declared === charset || isWide, markBytes };
  } catch {
    // windows-1252 has a character for every byte, so this always succeeds.
    const text = new TextDecoder('windows-1252').decode(bytes);
    return { text, charset: 'windows-1252', asDeclared: false, markBytes: 0 };
  }
}

/**
 * The bytes of a text that decodeText read in `charset`, the byte order mark left out; undefined where the charset has
 * no bytes for one of its characters, or is not one that can be written here (UTF-8, UTF-16 and those of one byte).
 */
export function encodeText(text: string, charset: string): Buffer | undefined {
  if (charset === 'utf-8') return text.isWellFormed() ? Buffer.from(text, 'utf8') : undefined;
  if (charset === 'utf-16le') return Buffer.from(text, 'utf16le');
  if (charset === 'utf-16be') return Buffer.from(text, 'utf16le').swap16();
  const table = tableOf(charset);
  const bytes = Buffer.alloc(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const byte = code < ASCII_END ? code : table.get(code);
    if (byte === undefined) return undefined;
    bytes[at] = byte;
  }
  return bytes;
}

const ASCII_END = 0x80;
const BYTE_END = 0x100;
const REPLACEMENT = 0xfffd;
const tables = new Map<string, ReadonlyMap<number, number>>();

/** Character to byte, for the charsets of one byte; others have only their ASCII part here. */
function tableOf(charset: string): ReadonlyMap<number, number> {
  const known = tables.get(charset);
  if (known !== undefined) return known;
  const table = new Map<number, number>();
  const decoder = new TextDecoder(charset);
  for (let byte = ASCII_END; byte < BYTE_END && charset !== US_ASCII; byte++) {
    const code = decoder.decode(Buffer.from([byte])).charCodeAt(0);
    if (code !== REPLACEMENT && code >= ASCII_END) table.set(code, byte);
  }
  tables.set(charset, table);
  return table;
}
