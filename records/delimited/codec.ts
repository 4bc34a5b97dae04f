/** Delimited extracts as a codec: a record a row, the header first; byte order marks and blank lines are filling. */
import type { Codec, CodecRead } from '../codec.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { readPieces } from './read.ts';
import { writeText, type RowText } from './row.ts';
import { bytesOf } from './units.ts';

export const DELIMITED_CODEC: Codec<RowText> = { read, write: writeText };

async function* read(_path: string, chunks: ItemChunks): AsyncGenerator<CodecRead<RowText>> {
  for await (const piece of readPieces(chunks)) {
    if (piece.kind !== 'text') {
      yield piece;
      continue;
    }
    const { units, written, read: found } = piece;
    const position = found.kind === 'row' ? `line ${found.row.line}` : 'header';
    yield { kind: 'record', position, bytes: bytesOf(units, written.dialect.charset), record: written };
    if (found.kind === 'row' && found.row.problem !== undefined) yield { kind: 'problem', problem: found.row.problem };
  }
}
