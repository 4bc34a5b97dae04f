/** Documents as a codec: their bytes are records that are never looked into, a record the piece it came in. */
import type { Codec, CodecRead } from '../codec.ts';
import type { Problem } from '../format.ts';
import { asBuffer, type ItemChunks } from '../item-bytes.ts';
import { examineWindows } from './examine.ts';
import { WindowKeeper } from './windows.ts';

export const DOCUMENT_CODEC: Codec<Buffer> = { read, write: (bytes) => bytes };

const EMPTY: Problem = {
  category: 'unreadable',
  code: 'EMPTY',
  position: 'byte 0',
  message: 'the item has no bytes',
};

async function* read(path: string, chunks: ItemChunks): AsyncGenerator<CodecRead<Buffer>> {
  const windows = new WindowKeeper();
  let at = 0;
  for await (const chunk of chunks) {
    const bytes = asBuffer(chunk);
    windows.push(bytes);
    yield { kind: 'record', position: `byte ${at}`, bytes, record: bytes };
    at += bytes.length;
  }
  if (at === 0) yield { kind: 'problem', problem: EMPTY };
  else for (const problem of examineWindows(path, windows.end()).problems) yield { kind: 'problem', problem };
}
