/** What kind of content an item is, by its first bytes and never by its name. */
import { decodeText } from './charset.ts';
import { divisions, type Division } from './delimited/dialect.ts';
import { sniffMediaType, UNKNOWN_MEDIA_TYPE, wholeCharacters } from './document/sniff.ts';
import { topLevelString } from './fhir/top-level.ts';
import { readDelimiters } from './hl7v2/delimiters.ts';
import { jsonErrorOffset } from './json-syntax.ts';

export const CONTENT_KINDS = [
  'hl7v2',
  'fhir-json',
  'fhir-ndjson',
  'ccda',
  'xml',
  'delimited',
  'pdf',
  'tiff',
  'jpeg',
  'png',
  'rtf',
  'html',
  'dicom',
  'zip',
  'gzip',
  'text',
  'empty',
  'unknown',
] as const;
export type ContentKind = (typeof CONTENT_KINDS)[number];

/** As much of an item as is ever looked at; less is enough for most. */
export const CLASSIFY_BYTES_MAX = 64 * 1024;

const BY_SIGNATURE: Readonly<Record<string, ContentKind>> = {
  'application/dicom': 'dicom',
  'image/tiff': 'tiff',
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'application/rtf': 'rtf',
  'application/zip': 'zip',
  'application/gzip': 'gzip',
  'application/pdf': 'pdf',
};

/**
 * The kind of an item that begins with `head`. JSON that is no FHIR resource is `text`; pictures, archives and
 * programs that no codec reads are `unknown`. Several FHIR resources, a line each, are `fhir-ndjson`; a single line is
 * `fhir-json`, for it is both.
 */
export function classify(head: Buffer): ContentKind {
  if (head.length === 0) return 'empty';
  const sample = head.subarray(0, CLASSIFY_BYTES_MAX);
  const text = decodeText(wholeCharacters(sample)).text.replace(/^[\s\0\v\x1c\ufeff]+/, '');
  // Before the signatures: a message may hold a whole PDF.
  if (/^(?:MSH|FHS|BHS)/.test(text) && readDelimiters(text.slice(0, HEADER_CHARACTERS_MAX)) !== undefined) {
    return 'hl7v2';
  }
  const mediaType = sniffMediaType(sample);
  const signed = BY_SIGNATURE[mediaType];
  if (signed !== undefined) return signed;
  if (!mediaType.startsWith('text/') && (mediaType !== UNKNOWN_MEDIA_TYPE || !isMostlyText(text))) return 'unknown';
  if (text.startsWith('{')) return jsonKind(text);
  if (text.startsWith('<')) return markupKind(text);
  return divisions(text).some(isTable(text)) ? 'delimited' : 'text';
}

const HEADER_CHARACTERS_MAX = 64;

/** Extracts hold a stray NUL or control character now and then; what is not text holds many. */
const CONTROL_SHARE_MAX = 0.01;

function isMostlyText(text: string): boolean {
  const controls = text.match(/[\0-\x08\x0e-\x1a\x1d-\x1f\x7f]/g)?.length ?? 0;
  return text.length > 0 && controls / text.length <= CONTROL_SHARE_MAX;
}

function jsonKind(text: string): ContentKind {
  if (topLevelString(text, 'resourceType') === undefined) return 'text';
  const end = text.indexOf('\n');
  if (end === -1 || !/^\s*\{/.test(text.slice(end))) return 'fhir-json';
  return jsonErrorOffset(text.slice(0, end)) === -1 ? 'fhir-ndjson' : 'fhir-json';
}

/** What may stand before the root element (XML 1.0 section 2.8): declaration, comments, instructions, document type. */
const PROLOG = /^(?:\s+|<\?[^]*?\?>|<!--[^]*?-->|<!DOCTYPE[^[>]*(?:\[[^]*?\]\s*)?>)+/i;
const ROOT = /^<(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)(?=[\s/>])/;
/** Elements that fragments of pages begin with. */
const PAGE_ELEMENTS =
  /^(?:html|head|body|meta|style|div|p|span|table|br|hr|h[1-6]|pre|font|b|i|u|strong|em|ul|ol|center|title)$/i;

function markupKind(text: string): ContentKind {
  if (/^<!doctype\s+html/i.test(text)) return 'html';
  const prolog = PROLOG.exec(text)?.[0] ?? '';
  const [, prefix, name = ''] = ROOT.exec(text.slice(prolog.length)) ?? [];
  if (/<!doctype\s+html/i.test(prolog) || name.toLowerCase() === 'html') return 'html';
  if (name === 'ClinicalDocument') return 'ccda';
  if (text.startsWith('<?xml')) return 'xml';
  if (name === '') return 'text';
  return prefix === undefined && PAGE_ELEMENTS.test(name) ? 'html' : 'xml';
}

/** Fewer lines of the header's width than this are no table, however wide. */
const EVENNESS_MIN = 0.75;
/** Commas in prose have a space behind them; a table written that way must be flawless and this wide and long. */
const SPACED_COLUMNS_MIN = 3;
const SPACED_LINES_MIN = 4;

function isTable(text: string): (division: Division) => boolean {
  return ({ separator, columns, lines, evenness }) => {
    if (evenness < EVENNESS_MIN) return false;
    const spaced = text.split(`${separator} `).length - 1;
    const isProse = spaced > (text.split(separator).length - 1) / 2;
    return !isProse || (evenness === 1 && columns >= SPACED_COLUMNS_MIN && lines >= SPACED_LINES_MIN);
  };
}
