import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { roundTrips, type RoundTrip } from '../../proofs/roundtrip.ts';
import { CONTENT_KINDS, classify } from '../../records/classify.ts';
import { codecOf } from '../../records/codecs.ts';
import { SAMPLES } from '../support/samples.ts';
import { zip } from './archive/zip.ts';
import { rewritten } from './rewritten.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roundtrip-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function trips(place: string): Promise<readonly RoundTrip[]> {
  const found: RoundTrip[] = [];
  for await (const trip of roundTrips(place)) found.push(trip);
  return found;
}

describe('every codec', () => {
  const start = fc.constantFrom(
    ...[
      '',
      'MSH|^~\\&|A\r',
      'FHS|^~\\&\rMSH#!%$*#\n',
      '{"resourceType":"Patient"}\n',
      '{"a":',
      '<a>',
      '<?xml version="1.0"?>',
    ],
    ...[
      'A,B\n1,"',
      '%PDF-1.4\n1 0 obj\n%%EOF',
      'II*\0\x08\0\0\0',
      '\xff\xd8\xff',
      '{\\rtf1',
      '<html>',
      'PK\x03\x04',
      '\xff\xfeA\0',
    ],
    ...['\0'.repeat(128) + 'DICM\x02\0\x10\0UI\x02\x001 ', zip([{ name: 'a', content: 'MSH|' }]).toString('latin1')],
  );

  test('gives back arbitrary bytes as they are, whatever it takes them for', async () => {
    const chunk = fc.integer({ min: 1, max: 99 });
    await fc.assert(
      fc.asyncProperty(
        start,
        fc.uint8Array({ maxLength: 200 }),
        start,
        chunk,
        async (head, middle, tail, chunkBytes) => {
          const bytes = Buffer.concat([Buffer.from(head, 'latin1'), middle, Buffer.from(tail, 'latin1')]);
          for (const codec of new Set([codecOf(classify(bytes)), ...CONTENT_KINDS.map((kind) => codecOf(kind))])) {
            const { tiled, written } = await rewritten(codec, bytes, chunkBytes);
            expect(tiled.equals(bytes)).toBe(true);
            expect(written.equals(bytes)).toBe(true);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe('the round trip', () => {
  test('takes every file of a folder by its content, and says what it could not read, and where', async () => {
    await mkdir(join(folder, 'deep'));
    await writeFile(join(folder, 'a.txt'), 'MSH|^~\\&|A\rPID|1\r');
    await writeFile(join(folder, 'b.csv'), 'A,B\n1,"2\n');
    await writeFile(join(folder, 'deep', 'c'), '{"resourceType":"Patient"}\n{"resourceType":"Pat');
    await writeFile(join(folder, 'deep', 'd.xml'), '<?xml version="1.0"?><a><b></a>');
    await writeFile(join(folder, 'deep', 'e.pdf'), '');
    await writeFile(join(folder, 'deep', 'f.zip'), zip([{ name: '../x', content: 'x' }]));
    await writeFile(join(folder, 'deep', 'g.dcm'), `${'\0'.repeat(128)}DICM`);
    await writeFile(join(folder, 'deep', 'h.html'), '<html><body>x');
    const found = await trips(folder);
    expect(found.map(({ path, kind, records, identical }) => [path, kind, records, identical])).toEqual([
      ['a.txt', 'hl7v2', 1, true],
      ['b.csv', 'delimited', 1, true],
      ['deep/c', 'fhir-ndjson', 1, true],
      ['deep/d.xml', 'xml', 0, true],
      ['deep/e.pdf', 'empty', 0, true],
      ['deep/f.zip', 'zip', 1, true],
      ['deep/g.dcm', 'dicom', 1, true],
      ['deep/h.html', 'html', 1, true],
    ]);
    expect(found.flatMap(({ findings }) => findings.map(({ code, position }) => `${code} ${position}`))).toEqual([
      'QUOTE_INVALID line 2',
      'NOT_JSON line 2 byte 47',
      'NOT_WELL_FORMED line 1 column 32',
      'EMPTY byte 0',
      'ARCHIVE_PATH_UNSAFE entry 1',
      'DICOM_SYNTAX_MISSING byte 132 (0002,0010)',
      'HTML_TRUNCATED byte 13',
    ]);
  });

  (SAMPLES === undefined ? test.skip : test)('gives back every real sample byte for byte', async () => {
    const found = await trips(SAMPLES ?? '');
    expect(found.length).toBeGreaterThan(500);
    expect(found.filter(({ identical }) => !identical).map(({ path }) => path)).toEqual([]);
  });
});
