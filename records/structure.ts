/** Structured or unstructured: rows and fields that can be mapped and compared, or pages that people read. */
import type { ContentKind } from './classify.ts';
import type { Format } from './format.ts';

const STRUCTURED: Readonly<Record<ContentKind, boolean | null>> = {
  hl7v2: true,
  'fhir-json': true,
  'fhir-ndjson': true,
  ccda: true,
  xml: true,
  delimited: true,
  pdf: false,
  tiff: false,
  jpeg: false,
  png: false,
  rtf: false,
  html: false,
  dicom: false,
  text: false,
  zip: null,
  gzip: null,
  empty: null,
  unknown: null,
};

/** Null where the kind says neither: an archive may hold both. */
export function isStructured(kind: ContentKind): boolean | null {
  return STRUCTURED[kind];
}

const DATA: ReadonlySet<ContentKind> = new Set(['hl7v2', 'fhir-json', 'fhir-ndjson', 'ccda', 'delimited']);
const KINDS: Readonly<Record<Exclude<Format, 'document' | 'bytes'>, readonly ContentKind[]>> = {
  hl7v2: ['hl7v2'],
  fhir: ['fhir-json', 'fhir-ndjson'],
  ccda: ['ccda'],
  // A table of one column, or of a header alone, looks like text.
  delimited: ['delimited', 'text'],
};

/** Whether content of this kind can be what the format says; an item without bytes is nothing at all. */
export function agreesWithFormat(format: Format, kind: ContentKind): boolean {
  if (format === 'bytes' || kind === 'empty') return true;
  return format === 'document' ? !DATA.has(kind) : KINDS[format].includes(kind);
}

/** The format of content that holds records; undefined where it holds none, or may be prose as well as a table. */
export function formatOfRecords(kind: ContentKind): keyof typeof KINDS | undefined {
  if (!DATA.has(kind)) return undefined;
  const formats = Object.keys(KINDS) as (keyof typeof KINDS)[];
  return formats.find((format) => KINDS[format].includes(kind));
}
