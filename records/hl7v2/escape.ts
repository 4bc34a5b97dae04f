/** Escape sequences inside a field (HL7 v2 chapter 2.7). */
import { isUtf8 } from 'node:buffer';
import { decodeText } from '../charset.ts';
import type { Delimiters } from './delimiters.ts';

/**
 * Replaces escape sequences by what they stand for; bytes in them are in `charset`, the one of the message. Sequences
 * this house does not know stay as they are.
 */
export function unescapeHl7(text: string, delimiters: Delimiters, charset?: string): string {
  const { escape } = delimiters;
  let open = text.indexOf(escape);
  if (open === -1) return text;
  let plain = '';
  let from = 0;
  while (open !== -1) {
    const close = text.indexOf(escape, open + 1);
    if (close === -1) break;
    const meaning = meaningOf(text.slice(open + 1, close), delimiters, charset);
    if (meaning === undefined) {
      // The closing character may itself open the next sequence.
      plain += text.slice(from, close);
      from = close;
      open = close;
      continue;
    }
    plain += text.slice(from, open) + meaning;
    from = close + 1;
    open = text.indexOf(escape, from);
  }
  return plain + text.slice(from);
}

/** Writes `text` so that it can stand in a field: unescaping gives it back exactly. */
export function escapeHl7(text: string, delimiters: Delimiters): string {
  const { escape } = delimiters;
  let escaped = '';
  for (const character of text) {
    const name = nameOf(character, delimiters);
    escaped += name === undefined ? character : `${escape}${name}${escape}`;
  }
  return escaped;
}

const CONTROL_END = 0x20;

function nameOf(character: string, delimiters: Delimiters): string | undefined {
  if (character === delimiters.field) return 'F';
  if (character === delimiters.component) return 'S';
  if (character === delimiters.subcomponent) return 'T';
  if (character === delimiters.repetition) return 'R';
  if (character === delimiters.escape) return 'E';
  if (character === delimiters.truncation) return 'P';
  const code = character.charCodeAt(0);
  return code < CONTROL_END ? `X${code.toString(16).toUpperCase().padStart(2, '0')}` : undefined;
}

/** `.sp3` moves three lines down, `.sk3` three characters on (chapter 2.7.6); more than 99 is no formatting. */
const SPACES = /^\.(sp|sk)\+?(\d{1,2})$/;

function meaningOf(sequence: string, delimiters: Delimiters, charset: string | undefined): string | undefined {
  switch (sequence) {
    case 'F':
      return delimiters.field;
    case 'S':
      return delimiters.component;
    case 'T':
      return delimiters.subcomponent;
    case 'R':
      return delimiters.repetition;
    case 'E':
      return delimiters.escape;
    case 'P':
      return delimiters.truncation ?? '#';
    case '.br':
    case '.sp':
      return '\n';
    case 'H':
    case 'N':
      return '';
  }
  const spaces = SPACES.exec(sequence);
  if (spaces !== null) return (spaces[1] === 'sp' ? '\n' : ' ').repeat(Number(spaces[2]));
  return /^X(?:[0-9A-Fa-f]{2})+$/.test(sequence) ? hexText(sequence.slice(1), charset) : undefined;
}

function hexText(hex: string, charset: string | undefined): string {
  const bytes = Buffer.from(hex, 'hex');
  return isUtf8(bytes) ? bytes.toString('utf8') : decodeText(bytes, charset).text;
}
