/** Archives as a codec: they move as they are, byte for byte, a record the piece they came in. */
import type { Codec, CodecRead } from '../codec.ts';
import { WindowKeeper } from '../document/windows.ts';
import { asBuffer, type ItemChunks } from '../item-bytes.ts';
import { ARCHIVE_WINDOW_BYTES, examineHeldArchive } from './examine.ts';

export const ARCHIVE_CODEC: Codec<Buffer> = { read, write: (bytes) => bytes };

async function* read(path: string, chunks: ItemChunks): AsyncGenerator<CodecRead<Buffer>> {
  const windows = new WindowKeeper(ARCHIVE_WINDOW_BYTES);
  let at = 0;
  for await (const chunk of chunks) {
    const bytes = asBuffer(chunk);
    windows.push(bytes);
    yield { kind: 'record', position: `byte ${at}`, bytes, record: bytes };
    at += bytes.length;
  }
  const { problems } = await examineHeldArchive(path, windows.end());
  for (const problem of problems) yield { kind: 'problem', problem };
}
