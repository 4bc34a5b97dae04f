/** JPEG (ITU T.81 annex B): a frame with a width, and marker segments up to the end mark. */
import { broken, type DocumentLook, truncated } from './look.ts';
import type { FileWindows } from './windows.ts';

/** Cameras and scanners append bytes after the end mark. */
const END_WITHIN_BYTES = 4096;
const EOI = Buffer.from([0xff, 0xd9]);

export function checkJpeg(file: FileWindows): DocumentLook {
  if (file.whole === undefined) {
    return file.end(END_WITHIN_BYTES).includes(EOI) ? { pages: 1 } : notEnded(file);
  }
  const { isEnded, frameAt, hasScan } = walk(file.whole);
  if (!isEnded) return notEnded(file);
  if (frameAt === undefined || !hasScan) {
    return broken('JPEG_NO_IMAGE', `byte ${file.sizeBytes}`, 'the file ends properly and holds no picture');
  }
  const width = file.whole.readUInt16BE(frameAt + 7);
  // The height may follow the first scan (B.2.5); the width is always here.
  if (width === 0) return broken('JPEG_NO_IMAGE', `byte ${frameAt}`, 'the picture has no width');
  return { pages: 1 };
}

function notEnded(file: FileWindows): DocumentLook {
  return truncated('JPEG_TRUNCATED', file, 'no end of image');
}

interface Walked {
  readonly isEnded: boolean;
  /** The frame header, SOF. */
  readonly frameAt: number | undefined;
  readonly hasScan: boolean;
}

const FRAME_BYTES_MIN = 9;

/** Walks the marker segments, so that the end mark of an embedded preview is not taken for the picture's. */
function walk(bytes: Buffer): Walked {
  let [at, hasScan] = [2, false];
  let frameAt: number | undefined;
  while (at + 4 <= bytes.length) {
    const marker = bytes[at + 1] ?? 0;
    if (bytes[at] !== 0xff) return { isEnded: false, frameAt, hasScan };
    if (marker === 0xff) at++;
    else if (marker === 0xd9) return { isEnded: true, frameAt, hasScan };
    else if (marker === 0x01 || isRestart(marker)) at += 2;
    else {
      if (isFrame(marker) && at + FRAME_BYTES_MIN <= bytes.length) frameAt ??= at;
      at += 2 + bytes.readUInt16BE(at + 2);
      if (marker === 0xda) [at, hasScan] = [scanEnd(bytes, at), true];
    }
  }
  return { isEnded: bytes[at] === 0xff && bytes[at + 1] === 0xd9, frameAt, hasScan };
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

/** SOF0 to SOF15 without DHT, JPG and DAC, and SOF55 of JPEG-LS. */
function isFrame(marker: number): boolean {
  if (marker === 0xf7) return true;
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** The first marker after entropy-coded data; stuffed zeros and restarts belong to the data. */
function scanEnd(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1] ?? 0;
    if (marker !== 0 && marker !== 0xff && !isRestart(marker)) return at;
  }
  return bytes.length;
}
