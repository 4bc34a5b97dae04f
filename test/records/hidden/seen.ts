/** Looking into bytes in a test: whole, and cut into chunks of every size. */
import type { ContentKind } from '../../../records/classify.ts';
import type { HiddenThings } from '../../../records/hidden/hidden.ts';
import { lookInside } from '../../../records/hidden/look-inside.ts';

export async function* inChunks(bytes: Buffer, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}

export function see(kind: ContentKind, text: string | Buffer, sizeBytes = 64): Promise<HiddenThings> {
  return lookInside(kind, inChunks(Buffer.isBuffer(text) ? text : Buffer.from(text), sizeBytes));
}
