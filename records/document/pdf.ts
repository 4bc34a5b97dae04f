/** A PDF (ISO 32000-1, 7.5): header, cross-reference, end mark, catalog and the pages it counts, encryption. */
import type { Problem } from '../format.ts';
import { broken, type DocumentLook, truncated } from './look.ts';
import { PdfObjects } from './pdf-objects.ts';
import type { FileWindows } from './windows.ts';

/** Some writers leave bytes after the end mark. */
const END_WITHIN_BYTES = 64 * 1024;
const START_OF_XREF = /startxref\s+(\d+)\s+%%EOF/g;
/** More pages than any document has. */
const PAGES_MAX = 1_000_000;

export function checkPdf(file: FileWindows): DocumentLook {
  const end = file.end(END_WITHIN_BYTES).toString('latin1');
  if (!end.includes('%%EOF')) return truncated('PDF_TRUNCATED', file, 'no %%EOF');
  const offset = [...end.matchAll(START_OF_XREF)].at(-1)?.[1];
  if (offset === undefined) return truncated('PDF_TRUNCATED', file, 'no startxref before %%EOF');
  if (!pointsAtXref(file, Number(offset))) {
    return truncated('PDF_XREF_INVALID', file, 'startxref does not point at a cross-reference');
  }
  return file.whole === undefined ? {} : checkPages(file.whole);
}

/** A table begins with `xref`, a stream is an object; offsets count from the header, wherever that is. */
function pointsAtXref(file: FileWindows, offset: number): boolean {
  const header = file.head.indexOf('%PDF-');
  for (const from of [offset, offset + header]) {
    if (from >= file.sizeBytes) continue;
    const found = file.read(from, Math.min(64, file.sizeBytes - from));
    // Outside the windows there is nothing to hold against it.
    if (found === undefined || /^\s*(?:xref|\d+\s+\d+\s+obj)/.test(found.toString('latin1'))) return true;
  }
  return false;
}

function checkPages(bytes: Buffer): DocumentLook {
  const objects = new PdfObjects(bytes);
  const problems: Problem[] = [];
  if (objects.isEncrypted) problems.push(encrypted(objects.encryptedAt));
  const root = objects.reference(objects.trailer, 'Root');
  const catalog = root === undefined ? undefined : objects.dictionary(root);
  const pages = catalog === undefined ? undefined : objects.reference(catalog, 'Pages');
  const tree = pages === undefined ? undefined : objects.dictionary(pages);
  const count = Number(/\/Count\s+(\d+)/.exec(tree ?? '')?.[1] ?? Number.NaN);
  if (count > 0 && count <= PAGES_MAX) return { pages: count, problems };
  // What is encrypted or too large to be looked into may hold them.
  if (problems.length > 0 || objects.isPartlySeen) return { problems };
  const what = count === 0 ? 'the document has no page' : 'the catalog leads to no pages';
  return broken('PDF_PAGES_MISSING', `byte ${bytes.lastIndexOf('startxref')}`, what);
}

function encrypted(at: number): Problem {
  const message = 'the document is encrypted: without its key nobody may read, print or search it';
  return { category: 'content-implausible', code: 'PDF_ENCRYPTED', position: `byte ${at}`, message };
}
