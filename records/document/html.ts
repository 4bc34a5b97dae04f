/** An HTML page: it reaches its end, in the character set it declares (HTML Living Standard 4.2.5). */
import { decodeText } from '../charset.ts';
import type { Problem } from '../format.ts';
import { type DocumentLook, truncated } from './look.ts';
import type { FileWindows } from './windows.ts';

const END_WITHIN_BYTES = 4096;
/** As far as a browser looks for a declaration of the character set. */
const DECLARED_WITHIN_BYTES = 1024;
const DECLARED = /<meta[^>]{0,200}\bcharset\s*=\s*["']?\s*([\w.:-]{1,40})/i;

export function checkHtml(file: FileWindows): DocumentLook {
  const end = file.end(END_WITHIN_BYTES).toString('latin1');
  const head = file.head.toString('latin1');
  if (/<[!/?a-z][^<>]*$/i.test(end)) return truncated('HTML_TRUNCATED', file, 'it ends inside a tag');
  if (end.lastIndexOf('<!--') > end.lastIndexOf('-->')) {
    return truncated('HTML_TRUNCATED', file, 'it ends inside a comment');
  }
  // The end tag may be left out, but whoever writes the beginning of the page writes its end.
  const isPage = /<html[\s>]/i.test(head.slice(0, END_WITHIN_BYTES)) && /<body[\s>]/i.test(head);
  if (isPage && !/<\/(?:html|body)\s*>/i.test(end)) return truncated('HTML_TRUNCATED', file, 'no </html>');
  return { problems: charsetProblems(file) };
}

function charsetProblems({ head, whole }: FileWindows): Problem[] {
  const declared = DECLARED.exec(head.subarray(0, DECLARED_WITHIN_BYTES).toString('latin1'));
  const label = declared?.[1]?.toLowerCase();
  if (whole === undefined || label === undefined) return [];
  const known = label === 'iso-8859-1' || label === 'us-ascii' ? 'windows-1252' : label === 'utf8' ? 'utf-8' : label;
  if (decodeText(whole, known).asDeclared) return [];
  const message = 'the bytes are not in the character set that the page declares';
  return [{ category: 'schema-invalid', code: 'CHARSET_MISMATCH', position: `byte ${declared?.index ?? 0}`, message }];
}
