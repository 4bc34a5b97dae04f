/** Index files: text, usually delimited, whose cells name scanned pages and documents kept as files. */
import { LineReader } from '../lines.ts';
import type { HiddenCount } from './hidden.ts';
import { isRelativePath } from './paths.ts';

/** More of one line is passed over. */
const LINE_BYTES_MAX = 1024 * 1024;
/** A cell that is the name of a document by its extension. */
const PAGE = /^[^<>*?]+\.(?:tiff?|pdf|jpe?g|png|gif|bmp|rtf|docx?|html?|dcm|ann)$/i;

export async function seeIndexFile(chunks: AsyncIterable<Uint8Array>, seen: HiddenCount): Promise<void> {
  const lines = new LineReader(chunks, LINE_BYTES_MAX);
  for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
    // Most lines of most extracts name no file at all.
    if (!line.bytes.includes('.')) continue;
    for (const cell of line.bytes.toString('utf8').split(/[,;\t|]/)) {
      const name = cell.trim().replaceAll('"', '');
      if (!PAGE.test(name)) continue;
      seen.count('indexed-page');
      if (isRelativePath(name)) seen.path(name);
    }
  }
}
