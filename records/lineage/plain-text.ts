/** The plain text of RTF and HTML notes. What is left out is layout; the original travels beside it. */

const CONTROL_WORDS: Readonly<Record<string, string>> = {
  par: '\n',
  line: '\n',
  tab: '\t',
  cell: '\t',
  row: '\n',
  emdash: '—',
  endash: '–',
  bullet: '•',
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
};

/** Groups that hold no text of the document: font and colour tables, pictures, properties. */
const SILENT =
  /^(?:fonttbl|colortbl|stylesheet|info|pict|object|header|footer|themedata|datastore|generator|listtable)$/;
const DEPTH_MAX = 200;
const RTF_TOKEN = /\\'([0-9a-fA-F]{2})|\\u(-?\d{1,5}) ?|\\([a-z]{1,32})(-?\d{1,10})? ?|\\([^a-z])|([{}])|([^\\{}]+)/gy;

export function isRtf(text: string): boolean {
  return text.trimStart().startsWith('{\\rtf');
}

export function isHtml(text: string): boolean {
  return /^\s*(?:<!doctype html|<html|<(?:p|div|span|table|br|b|i|u|ul|ol|h[1-6])\b)/i.test(text);
}

/** Undefined where the RTF is broken: braces that do not match, or deeper than anyone writes. */
export function textOfRtf(rtf: string): string | undefined {
  const decoder = new TextDecoder('windows-1252');
  const silentAt: boolean[] = [];
  let text = '';
  let skip = 0;
  let ended = false;
  RTF_TOKEN.lastIndex = rtf.search(/\S/);
  while (!ended) {
    const token = RTF_TOKEN.exec(rtf);
    if (token === null) return undefined;
    const [, hex, unicode, word, , symbol, brace, plain] = token;
    if (brace === '{') silentAt.push(silentAt.at(-1) ?? false);
    else if (brace === '}') silentAt.pop();
    else if (word !== undefined && SILENT.test(word)) silentAt[silentAt.length - 1] = true;
    else if (symbol === '*') silentAt[silentAt.length - 1] = true;
    else if (silentAt.at(-1) !== true) {
      // A character behind \u stands for readers that do not know Unicode.
      if (unicode !== undefined) {
        text += String.fromCharCode(Number(unicode) & 0xffff);
        skip = 1;
      } else if (skip > 0 && (hex !== undefined || plain !== undefined)) {
        text += plain?.slice(skip).replaceAll(/[\r\n]/g, '') ?? '';
        skip = 0;
      } else if (hex !== undefined) text += decoder.decode(Buffer.from(hex, 'hex'));
      else if (word !== undefined) text += CONTROL_WORDS[word] ?? '';
      else if (symbol !== undefined) text += symbol === '~' ? ' ' : /[\\{}]/.test(symbol) ? symbol : '';
      else text += plain?.replaceAll(/[\r\n]/g, '') ?? '';
    }
    if (silentAt.length > DEPTH_MAX) return undefined;
    ended = silentAt.length === 0;
  }
  return tidied(text);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

export function textOfHtml(html: string): string {
  const text = html
    .replaceAll(/<!--[^]*?-->|<(script|style)\b[^]*?<\/\1\s*>/gi, '')
    .replaceAll(/[ \t\r\n]+/g, ' ')
    .replaceAll(/<(?:br|\/p|\/div|\/tr|\/li|\/h[1-6])\b[^>]*>/gi, '\n')
    .replaceAll(/<\/t[dh]\b[^>]*>/gi, '\t')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, entity);
  return tidied(text);
}

function entity(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole;
  const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  return point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff) ? String.fromCodePoint(point) : whole;
}

function tidied(text: string): string {
  return text
    .replaceAll(/[ \t]+\n/g, '\n')
    .replaceAll(/\n[ \t]+/g, '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}
