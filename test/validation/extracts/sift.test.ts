/** Rows that agree are taken out by their fingerprints: the report is the one that every row made a record of gives. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../../demo/practice/random.ts';
import { viewOf } from '../../../records/delimited/scan.ts';
import { compareWhole } from '../../../records/lineage/compare.ts';
import { Fingerprinter } from '../../../subgraphs/validation/sift/fingerprint.ts';
import { openExtract } from '../../../subgraphs/validation/extracts/open-extract.ts';
import { type ExtractFinding, reconcileExtracts } from '../../../subgraphs/validation/extracts/reconcile-extracts.ts';
import { siftRows } from '../../../subgraphs/validation/extracts/sift-rows.ts';
import { withSpool } from '../../../subgraphs/validation/work/spool.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-sift-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Random = ReturnType<typeof seededRandom>;
type Cells = readonly string[];

const COLUMNS = ['MRN', 'SITE', 'NAME', 'NOTE'];
const NASTY = [
  '',
  '0012',
  '12',
  '1.0',
  '1',
  ' x ',
  'a,b',
  'a;b',
  'say "x"',
  '"',
  'two\nlines',
  'cr\r\nlf',
  'é',
  'Ž€',
  '漢字',
];
const ROWS = 400;

function rowOf(at: number, random: Random): Cells {
  const odd = () =>
    random.chance(0.15) ? random.pick(NASTY as [string, ...string[]]) : `text ${random.integer(1, 99)}`;
  return [random.chance(0.01) ? '' : `M${at}`, random.chance(0.02) ? 'é' : `S${at % 3}`, odd(), odd()];
}

interface Dialect {
  readonly separator: ',' | ';' | '\t';
  readonly lineEnd: '\n' | '\r\n';
  readonly quotesAll: boolean;
  readonly columns: readonly number[];
}

function written(cells: Cells, { separator, lineEnd, quotesAll, columns }: Dialect): string {
  const each = columns.map((column) => {
    const cell = cells[column] ?? '';
    return quotesAll || /["\r\n,;\t]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  });
  return each.join(separator) + lineEnd;
}

/** Rows that are no rows, and bytes that are no UTF-8. */
const BROKEN = ['one,two\n', '\n', '\r\n', 'M1,S1,na"me,note\n', 'M7,S1,a\rb,c\n', 'M8,S1,a\0b,c\n', '"M9",S1,x,y\r\n'];

function extractOf(rows: readonly Cells[], dialect: Dialect, random: Random): Buffer {
  const parts = [Buffer.from(random.chance(0.2) ? '\ufeff' : ''), Buffer.from(written(COLUMNS, dialect))];
  for (const row of rows) {
    const text = written(row, dialect);
    parts.push(random.chance(0.01) && !/[^\0-\xff]/.test(text) ? Buffer.from(text, 'latin1') : Buffer.from(text));
    if (random.chance(0.003)) parts.push(Buffer.from(random.pick(BROKEN as [string, ...string[]])));
  }
  const whole = Buffer.concat(parts);
  if (random.chance(0.3)) return whole.subarray(0, whole.lastIndexOf('\n'));
  return random.chance(0.1) ? Buffer.concat([whole, Buffer.from('M1,"never closed,x\n')]) : whole;
}

function spoilt(rows: readonly Cells[], random: Random): readonly Cells[] {
  return rows.flatMap((row, at) => {
    if (!random.chance(0.015)) return [row];
    const other = [`X${at}`, ...row.slice(1)];
    return random.pick([
      [],
      [row, row],
      [row.with(2, random.pick(NASTY as [string, ...string[]]))],
      [row, other],
    ] as const);
  });
}

async function* cut(bytes: Buffer, sizeMax: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeMax) yield bytes.subarray(at, at + sizeMax);
}

async function opened(name: string, bytes: Buffer, key: readonly string[], sizeMax: number) {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const side = await openExtract({ path, field: name, key, bytes: () => cut(bytes, sizeMax) });
  if (!side.ok) throw new Error(JSON.stringify(side.refusals));
  return side.value;
}
type Opened = Awaited<ReturnType<typeof opened>>;

async function reportOf(source: Opened, target: Opened) {
  const findings: ExtractFinding[] = [];
  const totals = await reconcileExtracts({
    ...{ source, target, folder: join(folder, 'scratch'), memoryMaxMb: 128 },
    compare: (_type, one, other) => compareWhole(one, other, []),
    found: async (finding) => void findings.push(finding),
  });
  return { totals, findings };
}

async function pairOf(seed: number) {
  const random = seededRandom(seed);
  const dialect = (): Dialect => ({
    separator: random.pick([',', ',', ';', '\t'] as const),
    lineEnd: random.pick(['\n', '\r\n'] as const),
    quotesAll: random.chance(0.3),
    columns: random.chance(0.5) ? [0, 1, 2, 3] : [2, 0, 3, 1],
  });
  const rows = Array.from({ length: ROWS }, (_, at) => rowOf(at, random));
  if (random.chance(0.5)) rows.push(rows[5] as Cells);
  const moved = spoilt(rows, random);
  const key = random.chance(0.5) ? ['mrn'] : ['MRN', 'Site'];
  const size = () => random.pick([7, 64, 4_096, 1 << 20] as const);
  const source = await opened('source.csv', extractOf(rows, dialect(), random), key, size());
  const target = await opened('target.csv', extractOf(moved.toReversed(), dialect(), random), key, size());
  return { source, target };
}

async function isSifted({ rows: source }: Opened, { rows: target }: Opened): Promise<boolean> {
  if (source === undefined || target === undefined) return false;
  const sifting = withSpool(join(folder, 'sift'), (spool) => siftRows(source, target, spool, 128));
  return (await sifting) !== undefined;
}

describe('rows that agree are taken out by their fingerprints', () => {
  test('the report is the same as without, whatever the extracts look like', async () => {
    let [sifted, findings] = [0, 0];
    for (let seed = 1; seed <= 24; seed++) {
      const { source, target } = await pairOf(seed);
      const slow = await reportOf({ ...source, rows: undefined }, target);
      expect({ seed, ...(await reportOf(source, target)) }).toEqual({ seed, ...slow });
      if (await isSifted(source, target)) sifted += 1;
      findings += slow.findings.length;
    }
    // Otherwise this would compare the slow way with itself, or nothing with nothing.
    expect(sifted).toBeGreaterThan(12);
    expect(findings).toBeGreaterThan(250);
  }, 120_000);

  test('an extract that is written to meanwhile is told, not compared', async () => {
    const rows = Array.from({ length: ROWS }, (_, at) => `M${at},name ${at}\n`);
    const source = await opened('before.csv', Buffer.from(`MRN,NAME\n${rows.join('')}`), ['MRN'], 4_096);
    const other = rows.with(7, 'M7,name 8\n').join('');
    const target = await opened('after.csv', Buffer.from(`MRN,NAME\n${other}`), ['MRN'], 4_096);
    await writeFile(join(folder, 'before.csv'), `MRN,NAME\n${rows.with(7, 'M7,name 9\n').join('')}`);
    await expect(reportOf(source, target)).rejects.toMatchObject({ code: 'EXTRACT_CHANGED', subject: 'line 9' });
  });

  test('a fingerprint is HalfSipHash-1-3, and one byte more or less is another', () => {
    const prints = new Fingerprinter(Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]));
    const bytes = Buffer.from([0, 1, 2, 3, 4]);
    const taken = [0, 1, 2, 3, 4].map((end) => {
      prints.bytes(viewOf(bytes), 0, end);
      return prints.first >>> 0;
    });
    expect(taken).toEqual([0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6]);
  });
});
