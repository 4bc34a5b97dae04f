/** The character sets of MSH-18 (HL7 table 0211) as labels of `decodeText`. */
import { US_ASCII } from '../charset.ts';

export const DEFAULT_CHARSET = 'utf-8';

/** Why the text of a message may not be what its sender wrote. */
export type CharsetFault = 'mismatch' | 'unknown' | 'undeclared' | 'switched';

const JAPANESE = 'iso-2022-jp';

const LABELS: ReadonlyMap<string, string> = new Map([
  ['ASCII', US_ASCII],
  ['US-ASCII', US_ASCII],
  ['UNICODE', 'utf-8'],
  ['UNICODE UTF-8', 'utf-8'],
  ['UTF-8', 'utf-8'],
  ['8859/1', 'windows-1252'],
  ['8859/2', 'iso-8859-2'],
  ['8859/3', 'iso-8859-3'],
  ['8859/4', 'iso-8859-4'],
  ['8859/5', 'iso-8859-5'],
  ['8859/6', 'iso-8859-6'],
  ['8859/7', 'iso-8859-7'],
  ['8859/8', 'iso-8859-8'],
  ['8859/9', 'windows-1254'],
  ['8859/15', 'iso-8859-15'],
  ['ISO IR6', US_ASCII],
  // Half of JIS X 0201 is ASCII, the other half the single bytes of Shift_JIS.
  ['ISO IR14', 'shift_jis'],
  ['ISO IR87', JAPANESE],
  ['JIS X 0202', JAPANESE],
  ['KS X 1001', 'euc-kr'],
  ['GB 18030-2000', 'gb18030'],
  ['BIG-5', 'big5'],
  ['TIS-620', 'windows-874'],
]);

/**
 * What the message itself is in: the first repetition of MSH-18; where that is empty and others follow, ASCII (HL7 2.9,
 * 2.14.9.18). Undefined where nothing is declared, or nothing known here.
 */
export function declaredCharset(field: string, repetition: string): string | undefined {
  const [first = '', ...others] = namesIn(field, repetition);
  return first === '' && others.length > 0 ? US_ASCII : labelOf(first);
}

/** What the escape characters in a message switch to and back from; undefined where no set that is known here does. */
export function switchedCharset(field: string, repetition: string): string | undefined {
  return namesIn(field, repetition)
    .map(labelOf)
    .find((label) => label === JAPANESE);
}

/** ESC as ISO 2022 has it: what comes after it is in another alphabet. Printers have an ESC of their own. */
export function switchesAlphabet(text: string): boolean {
  return text.includes(ESCAPE_CHARACTER) && /\x1b(?:\$[()*+]?[@-D]|[()][ABHIJ]|[-./][A-M])/.test(text);
}

const ESCAPE_CHARACTER = '\x1b';

function namesIn(field: string, repetition: string): readonly string[] {
  return field.split(repetition).map((name) => name.trim());
}

function labelOf(name: string): string | undefined {
  return LABELS.get(name.toUpperCase()) ?? usualLabel(name);
}

/** What others than HL7 call it, such as ISO-8859-1: unambiguous, and not in two bytes each as no message is. */
function usualLabel(name: string): string | undefined {
  try {
    const { encoding } = new TextDecoder(name);
    return encoding.startsWith('utf-16') ? undefined : encoding;
  } catch {
    return undefined;
  }
}
