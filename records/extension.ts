/** What the extension of a file name promises of its content. */
import type { ContentKind } from './classify.ts';

const TEXTS: readonly ContentKind[] = ['text', 'delimited', 'hl7v2', 'html', 'xml', 'ccda', 'fhir-json', 'fhir-ndjson'];

/** Content kinds by extension; an extension that is not here promises nothing. */
const PROMISES: Readonly<Record<string, readonly ContentKind[]>> = {
  hl7: ['hl7v2'],
  json: ['fhir-json', 'fhir-ndjson', 'text'],
  ndjson: ['fhir-ndjson', 'fhir-json', 'text'],
  xml: ['xml', 'ccda', 'html'],
  csv: ['delimited', 'text'],
  tsv: ['delimited', 'text'],
  txt: TEXTS,
  htm: ['html', 'xml', 'text'],
  html: ['html', 'xml', 'text'],
  pdf: ['pdf'],
  tif: ['tiff'],
  tiff: ['tiff'],
  jpg: ['jpeg'],
  jpeg: ['jpeg'],
  png: ['png'],
  rtf: ['rtf'],
  // Word's old form has no kind of its own.
  doc: ['unknown', 'rtf', 'html', 'xml'],
  docx: ['zip'],
  xlsx: ['zip'],
  zip: ['zip'],
  gz: ['gzip'],
  dcm: ['dicom'],
};

/** False where the content at `path` is of another kind than its extension says. */
export function agreesWithExtension(path: string, kind: ContentKind): boolean {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase();
  return PROMISES[extension ?? '']?.includes(kind) ?? true;
}
