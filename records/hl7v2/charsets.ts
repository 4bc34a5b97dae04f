/** The character sets of MSH-18 (HL7 table 0211) as WHATWG labels. */

export const DEFAULT_CHARSET = 'utf-8';

const LABELS: ReadonlyMap<string, string> = new Map([
  ['ASCII', 'windows-1252'],
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
  ['ISO IR6', 'windows-1252'],
  // Half of JIS X 0201 is ASCII, the other half the single bytes of Shift_JIS.
  ['ISO IR14', 'shift_jis'],
  ['ISO IR87', 'iso-2022-jp'],
  ['KS X 1001', 'euc-kr'],
  ['GB 18030-2000', 'gb18030'],
  ['BIG-5', 'big5'],
  ['TIS-620', 'windows-874'],
]);

/** The charset of the first repetition of MSH-18; undefined where there is none, or none known here. */
export function declaredCharset(field: string, repetition: string): string | undefined {
  return LABELS.get(field.split(repetition)[0]?.trim().toUpperCase() ?? '');
}
