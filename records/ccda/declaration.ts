/** The character set an XML declaration names (XML 1.0 section 4.3.3). */

const DECLARATION_BYTES_MAX = 200;

/** A WHATWG label, or undefined where none is declared. */
export function declaredCharset(bytes: Buffer): string | undefined {
  const head = bytes.subarray(0, DECLARATION_BYTES_MAX).toString('latin1');
  const label = /^(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)["']/.exec(head)?.[1]?.toLowerCase();
  return label === 'iso-8859-1' || label === 'us-ascii' ? 'windows-1252' : label === 'utf8' ? 'utf-8' : label;
}
