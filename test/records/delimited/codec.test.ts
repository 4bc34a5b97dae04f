import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { DELIMITED_CODEC } from '../../../records/delimited/codec.ts';
import { SEPARATORS, sniffDialect } from '../../../records/delimited/dialect.ts';
import { readDelimited } from '../../../records/delimited/read.ts';
import { cellsOf, replaceCell, spansOf, writeText, type RowText } from '../../../records/delimited/row.ts';
import { ItemReading } from '../../../records/item-bytes.ts';
import { all, item } from '../item.ts';
import { rewritten } from '../rewritten.ts';

const CHARSETS: readonly BufferEncoding[] = ['utf8', 'latin1', 'utf16le'];
const piece = fc.constantFrom(
  'a',
  '7',
  '"',
  '""',
  ',',
  '\t',
  '|',
  ';',
  '\n',
  '\r\n',
  '\r',
  ' ',
  'é',
  '漢',
  '\0',
  '\ufeff',
);
const anything = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));
const cell = fc.string({ unit: fc.constantFrom('a', '7', '"', ',', ';', '\n', ' ', 'é', '漢') });
const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 6 });
const end = fc.constantFrom('\n', '\r\n');

/** Cells quoted only where they must be, or always. */
function written(rows: readonly (readonly string[])[], separator: string, lineEnd: string, always: boolean): string {
  const one = (value: string) =>
    always || /["\n\r,;]/.test(value) || value === '' ? `"${value.replaceAll('"', '""')}"` : value;
  return rows.map((row) => row.map(one).join(separator) + lineEnd).join('');
}

describe('delimited extracts written again', () => {
  test('are the item byte for byte, in any charset and any chunks, well written or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          anything,
          table.map((rows) => written(rows, ',', '\r\n', false)),
        ),
        fc.constantFrom(...CHARSETS),
        fc.integer({ min: 1, max: 50 }),
        async (text, charset, chunkBytes) => {
          const bytes = Buffer.from(text, charset);
          const reading = await rewritten(DELIMITED_CODEC, bytes, chunkBytes);
          expect(reading.tiled).toEqual(bytes);
          expect(reading.written).toEqual(bytes);
        },
      ),
      { numRuns: 400 },
    );
  });

  test('are the same whatever bytes they hold, and however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 9 }), async (bytes, chunkBytes) => {
        expect((await rewritten(DELIMITED_CODEC, bytes, chunkBytes)).written).toEqual(Buffer.from(bytes));
      }),
    );
  });

  test('have the cells an independent reader finds', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        end,
        fc.boolean(),
        fc.integer({ min: 1, max: 40 }),
        async (rows, lineEnd, always, chunk) => {
          const text = written([['A', 'B', 'C'], ...rows], ',', lineEnd, always);
          const read = await all(readDelimited(new ItemReading(item(text, chunk))));
          const found = read.flatMap((each) => (each.kind === 'row' ? [each.row.cells] : []));
          expect(found).toEqual(parse(text, { from: 2 }));
          expect(found).toEqual(rows);
        },
      ),
    );
  });
});

describe('one cell replaced', () => {
  test('is read back, and no byte outside it differs', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom(...SEPARATORS),
        end,
        fc.boolean(),
        fc.nat(),
        cell,
        async (rows, separator, lineEnd, always, pick, value) => {
          const text = written([['A', 'B', 'C'], ...rows], separator, lineEnd, always);
          const { records } = await rewritten(DELIMITED_CODEC, text);
          const record = records[pick % records.length]?.record;
          if (record === undefined) throw new Error('no row');
          const column = (pick % 3) + 1;
          const changed = replaceCell(record, column, value, 1);
          if ('code' in changed) {
            expect([changed.code, record.dialect.quotes]).toEqual(['CELL_NOT_WRITABLE', false]);
            return;
          }
          const span = spansOf(record)[column - 1];
          const before = record.text.slice(0, span?.start);
          const after = record.text.slice(span?.end);
          expect(changed.text.startsWith(before) && changed.text.endsWith(after)).toBe(true);
          const cells = [...cellsOf(record)];
          cells[column - 1] = value;
          expect(cellsOf(changed)).toEqual(cells);
          expect(writeText(changed).subarray(0, Buffer.byteLength(before)).toString()).toBe(before);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('keeps to the charset of its row and to the quotation marks of its extract', () => {
    const row = (text: string, charset: string, separator: ',' | '\t'): RowText => ({
      text,
      length: text.length,
      charset,
      dialect: sniffDialect(`A${separator}B`, 'bytes'),
    });
    expect(replaceCell(row('é,b', 'windows-1252', ','), 2, '漢', 3)).toMatchObject({
      code: 'CHARACTER_NOT_WRITABLE',
      position: 'line 3 column 2',
    });
    expect(replaceCell(row('a,b', 'utf-8', ','), 3, 'x', 3)).toMatchObject({ code: 'COLUMN_MISSING' });
    expect(replaceCell(row('a\tb', 'utf-8', '\t'), 1, 'x\ty', 3)).toMatchObject({ code: 'CELL_NOT_WRITABLE' });
    expect(replaceCell(row('a\tb', 'utf-8', '\t'), 1, 'x"y', 3)).toMatchObject({ text: 'x"y\tb' });
  });

  test('a quotation mark inside a cell that is not quoted is a character, and is named', async () => {
    const { records, problems } = await rewritten(DELIMITED_CODEC, 'A,B\n5\'10" tall,"x"\n1,2\n');
    expect(records.map(({ record }) => cellsOf(record))).toEqual([
      ['A', 'B'],
      ['5\'10" tall', 'x'],
      ['1', '2'],
    ]);
    expect(problems).toMatchObject([{ code: 'QUOTE_STRAY', position: 'line 2' }]);
  });
});
