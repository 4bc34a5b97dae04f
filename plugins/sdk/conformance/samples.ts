/** Items with the names and sizes that break careless connectors. */
import type { Parcel } from '../target.ts';
import { utf8 } from './expect.ts';

/** Invented, and nowhere else: where it turns up, contents have leaked. */
export const CANARY = 'Quillfeather^Ottoline^19481103';

const LARGE_BYTES = 3_000_000;

export const SAMPLES: readonly (readonly [path: string, bytes: Uint8Array])[] = [
  ['empty.hl7', new Uint8Array(0)],
  ['ward 3/ø — 世界 \'one\' "two" (1).hl7', utf8('MSH|^~\\&|A\r')],
  ['-rf $(x) `y` %2e%2e;&|*?#.txt', utf8('metacharacters')],
  ['back\\slash..txt', utf8('one part, not two')],
  ['nfc-\u00e9.txt', utf8('composed')],
  ['nfd-e\u0301.txt', utf8('decomposed')],
  ['note.txt', utf8(`PID|1||0042||${CANARY}\r`)],
  ['deep/er/still/large.bin', Uint8Array.from({ length: LARGE_BYTES }, (_, at) => (at * 31 + (at >> 13)) & 0xff)],
];

/** A name that some servers show as another. */
export const ODD: readonly [path: string, bytes: Uint8Array] = ['line\nbreak/tab\there.txt', utf8('newline in a name')];

export const LARGE: readonly [path: string, bytes: Uint8Array] = [
  'deep/er/still/large.bin',
  SAMPLES.at(-1)?.[1] ?? new Uint8Array(LARGE_BYTES),
];

export const HOSTILE_PATHS: readonly string[] = [
  '',
  '/a',
  '..',
  '../a',
  'a/../../b',
  'a//b',
  './a',
  'a/',
  'a\0b',
  'a'.repeat(5_000),
];

export function bytesParcel(path: string, bytes: Uint8Array, key = `parcel-of-${path}`): Parcel {
  return { key, path, shape: 'bytes', mediaType: 'application/octet-stream', sizeBytes: bytes.byteLength };
}
