/** Bytes to text: UTF-8 where it is, else the charset declared, else windows-1252; nothing is replaced silently. */
import { isAscii, isUtf8 } from 'node:buffer';

export interface DecodedText {
  readonly text: string;
  /** A WHATWG encoding label. */
  readonly charset: string;
  /** False where the bytes are not what `declared` promised, or `declared` is not known here. */
  readonly asDeclared: boolean;
}

/** Decodes `bytes`, a byte order mark left out. `declared` is a WHATWG label, where one is declared. */
export function decodeText(bytes: Buffer, declared?: string): DecodedText {
  if (isAscii(bytes)) return { text: bytes.toString('latin1'), charset: declared ?? 'utf-8', asDeclared: true };
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return decodeAs(bytes, 'utf-16le', declared);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return decodeAs(bytes, 'utf-16be', declared);
  if (isUtf8(bytes)) return { text: withoutMark(bytes.toString('utf8')), charset: 'utf-8', asDeclared: true };
  if (declared !== undefined && declared !== 'utf-8') return decodeAs(bytes, declared, declared);
  return { ...decodeAs(bytes, 'windows-1252', undefined), asDeclared: declared === undefined };
}

function decodeAs(bytes: Buffer, charset: string, declared: string | undefined): DecodedText {
  try {
    const text = new TextDecoder(charset, { fatal: true }).decode(bytes);
    return { text, charset, asDeclared: declared === undefined || declared === charset };
  } catch {
    // windows-1252 has a character for every byte, so this always succeeds.
    return { text: new TextDecoder('windows-1252').decode(bytes), charset: 'windows-1252', asDeclared: false };
  }
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
