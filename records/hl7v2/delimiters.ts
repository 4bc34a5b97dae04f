/** The delimiters a message declares in MSH-1 and MSH-2 (HL7 v2 chapter 2.5.4). */

export interface Delimiters {
  readonly field: string;
  readonly component: string;
  readonly repetition: string;
  readonly escape: string;
  readonly subcomponent: string;
}

export const STANDARD_DELIMITERS: Delimiters = {
  field: '|',
  component: '^',
  repetition: '~',
  escape: '\\',
  subcomponent: '&',
};

const HEADER_LENGTH_CHARS = 3;

/** Reads them from a text that begins with MSH, FHS or BHS; undefined where they are absent or not distinct. */
export function readDelimiters(header: string): Delimiters | undefined {
  const field = header[HEADER_LENGTH_CHARS];
  if (field === undefined || isPlain(field)) return undefined;
  const end = header.indexOf(field, HEADER_LENGTH_CHARS + 1);
  const encoding = header.slice(HEADER_LENGTH_CHARS + 1, end === -1 ? undefined : end);
  if (encoding.startsWith('^~\\&')) return field === '|' ? STANDARD_DELIMITERS : { ...STANDARD_DELIMITERS, field };
  const [component, repetition = '~', escape = '\\', subcomponent = '&'] = encoding;
  if (component === undefined || encoding.length > 5) return undefined;
  const all = [field, component, repetition, escape, subcomponent];
  if (new Set(all).size !== all.length || all.some(isPlain)) return undefined;
  return { field, component, repetition, escape, subcomponent };
}

/** Letters, digits, spaces and line ends cannot delimit. */
function isPlain(character: string): boolean {
  return /[\p{L}\p{N}\s]/u.test(character);
}
