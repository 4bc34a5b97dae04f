/** Segments of an HL7 v2 item one by one, whatever ends them, and only as much of each as is needed to count it. */
import { asBuffer } from '../item-bytes.ts';

/** The beginning of a segment that is kept; what an embedded document goes on with is passed over. */
export const SEGMENT_KEPT_BYTES = 256 * 1024;

const CR = 0x0d;
const LF = 0x0a;

/** Yields every segment that is not empty; MLLP framing is left out. */
export async function* segments(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let keptBytes = 0;
  const keep = (part: Buffer): void => {
    if (keptBytes < SEGMENT_KEPT_BYTES) parts.push(part.subarray(0, SEGMENT_KEPT_BYTES - keptBytes));
    keptBytes += part.length;
  };
  const take = (): string => {
    const text = Buffer.concat(parts)
      .toString('utf8')
      .replace(/^[\x0b\x1c\ufeff\s]+/, '');
    parts = [];
    keptBytes = 0;
    return text;
  };
  for await (const chunk of chunks) {
    const bytes = asBuffer(chunk);
    let from = 0;
    while (from < bytes.length) {
      const end = segmentEnd(bytes, from);
      keep(bytes.subarray(from, end === -1 ? bytes.length : end));
      if (end === -1) break;
      const text = take();
      if (text !== '') yield text;
      from = end + 1;
    }
  }
  const last = take();
  if (last !== '') yield last;
}

function segmentEnd(bytes: Buffer, from: number): number {
  const lf = bytes.indexOf(LF, from);
  const cr = bytes.subarray(from, lf === -1 ? bytes.length : lf).indexOf(CR);
  return cr === -1 ? lf : from + cr;
}
