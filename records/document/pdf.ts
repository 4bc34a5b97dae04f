/** A PDF's outermost structure (ISO 32000-1, 7.5): header, cross-reference offset, end mark. */
import { truncated, type DocumentLook } from './look.ts';
import type { FileWindows } from './windows.ts';

/** Some writers leave bytes after the end mark. */
const END_WITHIN_BYTES = 64 * 1024;
const START_OF_XREF = /startxref\s+(\d+)\s+%%EOF/g;

export function checkPdf(file: FileWindows): DocumentLook {
  const end = file.end(END_WITHIN_BYTES).toString('latin1');
  if (!end.includes('%%EOF')) return { problem: truncated('PDF_TRUNCATED', file, 'no %%EOF') };
  const offset = [...end.matchAll(START_OF_XREF)].at(-1)?.[1];
  if (offset === undefined) return { problem: truncated('PDF_TRUNCATED', file, 'no startxref before %%EOF') };
  if (!pointsAtXref(file, Number(offset))) {
    return { problem: truncated('PDF_XREF_INVALID', file, 'startxref does not point at a cross-reference') };
  }
  return { pages: file.whole === undefined ? undefined : countPages(file.whole.toString('latin1')) };
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

/** Page objects in plain sight; undefined where they are inside object streams. */
function countPages(text: string): number | undefined {
  const pages = text.match(/\/Type\s*\/Page(?![A-Za-z])/g)?.length ?? 0;
  return pages === 0 ? undefined : pages;
}
