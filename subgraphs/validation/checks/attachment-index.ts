/** The index beside scanned documents: every row has its document, and every document its row. */
import { posix } from 'node:path';
import type { Check } from '../domain/check.ts';

export const ATTACHMENT_INDEX: Check = {
  id: 'attachment-index',
  version: '1',
  layer: 'usability',
  method: 'relation',
  requirements: ['G08', 'H12', 'J11'],
  categories: ['attachment-not-found', 'orphan'],
  codes: ['DOCUMENT_MISSING', 'NOT_IN_INDEX'],
  cannotSee: 'a document in the place of another of the same name, and datasets without an index',
};

const INDEX_NAME = /index[^/]*\.(csv|tsv|txt|psv)$/i;
const FILE_COLUMN = /^(file|path|filename|file_?path|file_?name|document_?(file|path)|image|image_?path|attachment)$/i;
const PATIENT_COLUMN =
  /^(mrn|patient|patient_?(id|mrn|number)|medical_?record_?(number|no)|pat_?id|chart_?(id|no|number))$/i;

export function isIndexPath(path: string): boolean {
  return INDEX_NAME.test(posix.basename(path));
}

/** Where the file is named, if the header is that of an index of documents. */
export function fileColumnOf(header: readonly string[]): number | undefined {
  const file = columnOf(header, FILE_COLUMN);
  return patientColumnOf(header) === undefined ? undefined : file;
}

/** Where the number of the patient stands. */
export function patientColumnOf(header: readonly string[]): number | undefined {
  return columnOf(header, PATIENT_COLUMN);
}

function columnOf(header: readonly string[], name: RegExp): number | undefined {
  const at = header.findIndex((each) => name.test(each.trim().replaceAll(/[\s-]+/g, '_')));
  return at === -1 ? undefined : at;
}

/** The paths a row may mean: beside the index, or from the root of the source. */
export function namedPaths(indexPath: string, cell: string): readonly string[] {
  const named = posix.normalize(
    cell
      .trim()
      .replaceAll('\\', '/')
      .replace(/^(\.\/|\/)+/, ''),
  );
  if (named === '.' || named.startsWith('../')) return [];
  const beside = posix.normalize(posix.join(posix.dirname(indexPath), named));
  return beside === named ? [named] : [beside, named];
}

/** Whether a document lies where an index speaks for it: in its folder, or below. */
export function isCovered(path: string, indexFolders: readonly string[]): boolean {
  return indexFolders.some((folder) => folder === '.' || path.startsWith(`${folder}/`));
}
