/** Sanity of scanned and written documents: whole, and what their name says they are. */
import type { Examination, Problem } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { checkJpeg, checkPng } from './image.ts';
import { truncated, type DocumentLook } from './look.ts';
import { checkPdf } from './pdf.ts';
import { sniffMediaType } from './sniff.ts';
import { checkTiff } from './tiff.ts';
import { readWindows, type FileWindows } from './windows.ts';

/** One record a page (a ZIP: an entry) where they can be counted, else one; documents have no fields. */
export async function examineDocument(path: string, chunks: ItemChunks): Promise<Examination> {
  const file = await readWindows(chunks);
  const mediaType = sniffMediaType(file.head);
  const { pages, problem } = look(mediaType, file);
  const problems: Problem[] = [];
  if (problem !== undefined) problems.push(problem);
  const expected = mediaTypesOf(path);
  if (expected !== undefined && !expected.includes(mediaType)) {
    const message = `the extension does not match the content, which is ${mediaType}`;
    problems.push({ category: 'schema-invalid', code: 'WRONG_EXTENSION', position: 'byte 0', message });
  }
  const shape = problem?.category === 'unreadable' ? null : { records: pages ?? 1, fields: 0 };
  return { shape, problems, mediaType };
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
    case 'application/zip':
      return checkZip(file);
    case 'application/rtf':
      return checkRtf(file);
    default:
      return {};
  }
}

/** The end of central directory record with the longest comment. */
const ZIP_END_BYTES = 22 + 65_535;

function checkZip(file: FileWindows): DocumentLook {
  const end = file.end(ZIP_END_BYTES);
  const at = end.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (at === -1 || at + 22 > end.length) return { problem: truncated('ZIP_TRUNCATED', file, 'no central directory') };
  return { pages: end.readUInt16LE(at + 10) };
}

const RTF_END_BYTES = 64;

function checkRtf(file: FileWindows): DocumentLook {
  const end = file
    .end(RTF_END_BYTES)
    .toString('latin1')
    .replace(/[\s\0]+$/, '');
  const isClosed = end.endsWith('}') && (file.whole === undefined || openGroups(file.whole) <= 0);
  return isClosed ? {} : { problem: truncated('RTF_TRUNCATED', file, 'the outermost group is not closed') };
}

/** Groups left open; none where binary data are embedded, in which braces mean nothing. */
function openGroups(bytes: Buffer): number {
  if (bytes.includes('\\bin')) return 0;
  let open = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] === 0x5c) at++;
    else if (bytes[at] === 0x7b) open++;
    else if (bytes[at] === 0x7d) open--;
  }
  return open;
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
