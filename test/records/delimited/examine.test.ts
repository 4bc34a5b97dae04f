import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sniffSeparator } from '../../../records/delimited/dialect.ts';
import { readDelimited } from '../../../records/delimited/read.ts';
import { examine } from '../../../records/examine.ts';
import { ItemReading } from '../../../records/item-bytes.ts';
import { all, item } from '../item.ts';

async function codes(content: string | Uint8Array): Promise<readonly string[]> {
  const { problems } = await examine('delimited', 'a.csv', item(content));
  return problems.map((problem) => `${problem.category} ${problem.code} ${problem.position}`);
}

async function rows(content: string | Uint8Array, chunkBytes?: number): Promise<readonly (readonly string[])[]> {
  const read = await all(readDelimited(new ItemReading(item(content, chunkBytes))));
  return read.flatMap((each) => (each.kind === 'row' ? [each.row.cells] : []));
}

describe('delimited extracts', () => {
  test.each([',', '\t', '|', ';'] as const)('are read with the separator %j they use', async (separator) => {
    const text = [
      ['MRN', 'NAME', 'NOTE'],
      ['007', '"Doe, Jane; x|y\tz"', ''],
      ['8', 'x', 'y'],
    ]
      .map((row) => row.join(separator))
      .join('\n');
    expect(sniffSeparator(text)).toBe(separator);
    expect(await rows(text)).toEqual([
      ['007', 'Doe, Jane; x|y\tz', ''],
      ['8', 'x', 'y'],
    ]);
  });

  test.each(['\n', '\r\n', '\r'])('are read with lines that end with %j', async (end) => {
    const text = ['A;B', 'x, y;1', '"p;q";2', ''].join(end);
    expect(sniffSeparator(text)).toBe(';');
    expect(await rows(text)).toEqual([
      ['x, y', '1'],
      ['p;q', '2'],
    ]);
  });

  test('give back every cell that was written, in any chunks', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', 'é', '漢', '0') });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 1, max: 30 }),
        async (table, chunkBytes) => {
          const quoted = (row: readonly string[]) => row.map((each) => `"${each.replaceAll('"', '""')}"`).join(',');
          const text = [['A', 'B', 'C'], ...table].map(quoted).join('\n');
          expect(await rows(text, chunkBytes)).toEqual(table);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('count rows and populated cells, the header left out', async () => {
    const examined = await examine('delimited', 'a', item('A,B,C\r\n1,,3\r\n\r\n"x\ny",2,\r\n'));
    expect(examined).toEqual({ shape: { records: 2, fields: 4 }, problems: [], mediaType: 'text/csv' });
    expect((await examine('delimited', 'a', item('A,B\n'))).shape).toEqual({ records: 0, fields: 0 });
  });

  test('name the line of a ragged row, multi-line cells counted', async () => {
    expect(await codes('A,B\n"x\ny",2\n1,2,3\n4\n')).toEqual([
      'schema-invalid ROW_RAGGED line 4',
      'schema-invalid ROW_RAGGED line 5',
    ]);
  });

  test('name the row whose quotation mark is wrong or never closed', async () => {
    expect(await codes('A,B\n1,2\n3,"4\n5,6\n')).toEqual(['unreadable QUOTE_INVALID line 3']);
    expect(await codes('A,B\n1,2\n3,"4"x\n5,6\n')).toEqual(['unreadable QUOTE_INVALID line 3']);
  });

  test('keep quotation marks as data where tabs separate and no cell is quoted', async () => {
    expect(await rows('A\tB\n5\'10"\tx\n')).toEqual([[`5'10"`, 'x']]);
  });

  test('are read as UTF-8, windows-1252 or UTF-16, and a mixture is named', async () => {
    expect(await rows(Buffer.from('\ufeffA,B\né,1\n'), 1)).toEqual([['é', '1']]);
    expect(await rows(Buffer.from('A,B\n\u00e9,1\n', 'latin1'), 1)).toEqual([['é', '1']]);
    expect(await rows(Buffer.from('\ufeffA,B\né,1\n', 'utf16le'), 3)).toEqual([['é', '1']]);
    const mixed = Buffer.concat([Buffer.from('A,B\né,1\n'), Buffer.from('\u00e9,2\n', 'latin1')]);
    expect(await rows(mixed)).toEqual([
      ['é', '1'],
      ['é', '2'],
    ]);
    expect(await codes(mixed)).toEqual(['schema-invalid CHARSET_MIXED line 3']);
    expect(await codes('A,B\n1,\0\n')).toEqual(['schema-invalid NUL_BYTE line 2']);
  });

  test('are unreadable where they are no text', async () => {
    expect(await codes('%PDF-1.4\n')).toEqual(['unreadable NOT_TEXT byte 0']);
    expect(await codes('A,A\n1,2\n')).toEqual(['schema-invalid COLUMN_DUPLICATE line 1']);
  });
});
