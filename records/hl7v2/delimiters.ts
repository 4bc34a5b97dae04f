/** The delimiters a message declares in MSH-1 and MSH-2 (HL7 v2 chapter 2.5.4). */

export interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
  /** Stands at the end of a value that was cut off (since 2.7, chapter 2.5.5.2); only where it is declared. */
  readonly truncation?: string;
}

export const STANDARD_DELIMITERS: Delimiters = {
  field: '|',
  component: '^',
  repetition: '~',
  escape: '\\',
  subcomponent: '&',
};

const HEADER_LENGTH_CHARS = 3;
const ENCODING_LENGTH_MAX_CHARS = 5;

/** Reads them from a text that begins with MSH, FHS or BHS; undefined where they are absent or not distinct. */
export function readDelimiters(header: string): Delimiters | undefined {
  // Almost every message there is.
  if (header.startsWith('|^~\\&|', HEADER_LENGTH_CHARS)) return STANDARD_DELIMITERS;
  const field = header[HEADER_LENGTH_CHARS];
  if (field === undefined || isPlain(field)) return undefined;
  const end = header.indexOf(field, HEADER_LENGTH_CHARS + 1);
  const [encoding = ''] = header.slice(HEADER_LENGTH_CHARS + 1, end === -1 ? undefined : end).split(/[\r\n]/, 1);
  const isStandard = encoding.startsWith('^~\\&');
  const [component, repetition = '~', escape = '\\', subcomponent = '&', truncation] = encoding;
  if (component === undefined || (encoding.length > ENCODING_LENGTH_MAX_CHARS && !isStandard)) return undefined;
  const all = [field, component, repetition, escape, subcomponent, ...(truncation === undefined ? [] : [truncation])];
  if (new Set(all).size !== all.length || all.some(isPlain)) {
    return isStandard ? { ...STANDARD_DELIMITERS, field } : undefined;
  }
  const delimiters = { field, component, repetition, escape, subcomponent };
  return truncation === undefined ? delimiters : { ...delimiters, truncation };
}

/** Letters, digits, spaces and line ends cannot delimit. */
function isPlain(character: string): boolean {
  return /[\p{L}\p{N}\s]/u.test(character);
}
