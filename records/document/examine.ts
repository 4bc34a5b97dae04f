/** Sanity of scanned and written documents: whole, and what their name says they are. */
import type { Examination, Problem } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { checkDicom } from './dicom.ts';
import { checkHtml } from './html.ts';
import { checkJpeg } from './jpeg.ts';
import type { DocumentLook } from './look.ts';
import { checkPdf } from './pdf.ts';
import { checkPng } from './png.ts';
import { checkRtf } from './rtf.ts';
import { sniffMediaType } from './sniff.ts';
import { checkTiff } from './tiff.ts';
import { readWindows, type FileWindows } from './windows.ts';

/** One record a page where they can be counted, else one; documents have no fields. */
export async function examineDocument(path: string, chunks: ItemChunks): Promise<Examination> {
  return examineWindows(path, await readWindows(chunks));
}

/** The same of a file whose windows are held. */
export function examineWindows(path: string, file: FileWindows): Examination {
  const mediaType = sniffMediaType(file.head);
  const { pages, problems: found = [] } = look(mediaType, file);
  const problems: Problem[] = [...found, ...extensionProblems(path, mediaType)];
  const isUnreadable = found.some(({ category }) => category === 'unreadable');
  const shape = isUnreadable ? null : { records: pages ?? 1, fields: 0 };
  return { shape, problems, mediaType };
}

/** Whether the content is what the extension of the name says. */
export function extensionProblems(path: string, mediaType: string): readonly Problem[] {
  const expected = mediaTypesOf(path);
  if (expected === undefined || expected.includes(mediaType)) return [];
  const message = `the extension does not match the content, which is ${mediaType}`;
  return [{ category: 'schema-invalid', code: 'WRONG_EXTENSION', position: 'byte 0', message }];
}

function look(mediaType: string, file: FileWindows): DocumentLook {
  switch (mediaType) {
    case 'application/pdf':
      return checkPdf(file);
    case 'image/tiff':
      return checkTiff(file);
    case 'image/jpeg':
      return checkJpeg(file);
    case 'image/png':
      return checkPng(file);
    case 'application/dicom':
      return checkDicom(file);
    case 'text/html':
      return checkHtml(file);
    case 'application/rtf':
      return checkRtf(file);
    default:
      return {};
  }
}

const TEXTS: readonly string[] = ['text/plain', 'text/html', 'text/xml'];

/** Media types by extension; extensions that are not here say nothing. */
const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  pdf: ['application/pdf'],
  tif: ['image/tiff'],
  tiff: ['image/tiff'],
  jpg: ['image/jpeg'],
  jpeg: ['image/jpeg'],
  png: ['image/png'],
  gif: ['image/gif'],
  bmp: ['image/bmp'],
  dcm: ['application/dicom'],
  rtf: ['application/rtf'],
  doc: ['application/x-ole-storage', 'application/rtf', 'text/html', 'text/xml'],
  docx: ['application/zip'],
  xlsx: ['application/zip'],
  zip: ['application/zip'],
  htm: TEXTS,
  html: TEXTS,
  txt: TEXTS,
  xml: ['text/xml', 'text/plain', 'text/html'],
  csv: ['text/plain'],
};

function mediaTypesOf(path: string): readonly string[] | undefined {
  const extension = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase();
  return extension === undefined ? undefined : EXTENSIONS[extension];
}
