/** What a file is, by its content. */
import { decodeText } from '../charset.ts';

export const UNKNOWN_MEDIA_TYPE = 'application/octet-stream';

/** Byte patterns at fixed places, most telling first. */
const SIGNATURES: readonly { readonly mediaType: string; readonly at: number; readonly bytes: string }[] = [
  // First, because the 128 bytes before it may be a TIFF header of their own.
  { mediaType: 'application/dicom', at: 128, bytes: 'DICM' },
  { mediaType: 'image/tiff', at: 0, bytes: 'II*\0' },
  { mediaType: 'image/tiff', at: 0, bytes: 'MM\0*' },
  { mediaType: 'image/tiff', at: 0, bytes: 'II+\0' },
  { mediaType: 'image/tiff', at: 0, bytes: 'MM\0+' },
  { mediaType: 'image/jpeg', at: 0, bytes: '\xff\xd8\xff' },
  { mediaType: 'image/png', at: 0, bytes: '\x89PNG\r\n\x1a\n' },
  { mediaType: 'image/gif', at: 0, bytes: 'GIF8' },
  { mediaType: 'image/bmp', at: 0, bytes: 'BM' },
  { mediaType: 'application/rtf', at: 0, bytes: '{\\rtf' },
  { mediaType: 'application/zip', at: 0, bytes: 'PK\x03\x04' },
  { mediaType: 'application/zip', at: 0, bytes: 'PK\x05\x06' },
  { mediaType: 'application/gzip', at: 0, bytes: '\x1f\x8b\x08' },
  { mediaType: 'application/x-rar-compressed', at: 0, bytes: 'Rar!\x1a\x07' },
  { mediaType: 'application/x-7z-compressed', at: 0, bytes: '7z\xbc\xaf\x27\x1c' },
  { mediaType: 'application/x-ole-storage', at: 0, bytes: '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1' },
];

/** Every signature ends within these. */
const SIGNED_BYTES = 132;
/** A PDF header may stand behind other bytes, but not far (ISO 32000-1 appendix H.3.4.1). */
const PDF_HEADER_WITHIN_BYTES = 1024;
const TEXT_SAMPLE_BYTES = 4096;
/** Control characters other than white space, form feed and MLLP framing are not text; nor are NULs. */
const NOT_TEXT = /[\0-\x08\x0e-\x1a\x1d-\x1f\x7f]/;

/** The media type of a file that begins with `head`; application/octet-stream where nothing is recognised. */
export function sniffMediaType(head: Buffer): string {
  const start = head.toString('latin1', 0, SIGNED_BYTES);
  const signature = SIGNATURES.find(({ at, bytes, mediaType }) => {
    return start.startsWith(bytes, at) && (mediaType !== 'image/bmp' || isBitmap(head));
  });
  if (signature !== undefined) return signature.mediaType;
  if (head.subarray(0, PDF_HEADER_WITHIN_BYTES).includes('%PDF-')) return 'application/pdf';
  return textMediaType(head.subarray(0, TEXT_SAMPLE_BYTES));
}

/** Whether the media type is one that no text codec can read. */
export function looksBinary(mediaType: string): boolean {
  return !mediaType.startsWith('text/') && mediaType !== 'application/rtf' && mediaType !== UNKNOWN_MEDIA_TYPE;
}

/** "BM" alone is no evidence: the reserved bytes must be zero. */
function isBitmap(head: Buffer): boolean {
  return head.length >= 26 && head.readUInt32LE(6) === 0;
}

function textMediaType(sample: Buffer): string {
  // In every encoding but UTF-16, which has a mark, such a byte is such a character: most binary files end here.
  const [first, second] = sample;
  const hasWideMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (!hasWideMark && NOT_TEXT.test(sample.toString('latin1'))) return UNKNOWN_MEDIA_TYPE;
  const { text, charset } = decodeText(wholeCharacters(sample));
  const isText = charset.startsWith('utf-16') || !NOT_TEXT.test(text);
  if (!isText || sample.length === 0) return UNKNOWN_MEDIA_TYPE;
  const start = text.trimStart().slice(0, 512).toLowerCase();
  if (/^(?:<!--[^]*?-->\s*)?(?:<!doctype html|<html[\s>])/.test(start)) return 'text/html';
  if (start.startsWith('<?xml')) return start.includes('<html') ? 'text/html' : 'text/xml';
  return 'text/plain';
}

/** The sample without a last character that may have been cut in two. */
export function wholeCharacters(sample: Buffer): Buffer {
  const [first, second] = sample;
  const isLittle = first === 0xff && second === 0xfe;
  if (isLittle || (first === 0xfe && second === 0xff)) {
    const even = sample.length - (sample.length % 2);
    const last = sample[isLittle ? even - 1 : even - 2] ?? 0;
    return sample.subarray(0, last >= 0xd8 && last <= 0xdb ? even - 2 : even);
  }
  let end = sample.length;
  while (end > sample.length - 3 && ((sample[end - 1] ?? 0) & 0xc0) === 0x80) end--;
  const lead = sample[end - 1] ?? 0;
  const lengthBytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return end - 1 + lengthBytes > sample.length ? sample.subarray(0, end - 1) : sample;
}
