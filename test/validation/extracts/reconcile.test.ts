/** Two extracts with differences planted: every one is found where it is, in its category, and none is invented. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../../demo/practice/random.ts';
import { compareWhole } from '../../../records/lineage/compare.ts';
import { quoted, withColumnar } from '../../../runtime/columnar.ts';
import { type OpenExtract, openExtract } from '../../../subgraphs/validation/extracts/open-extract.ts';
import {
  type ExtractFinding,
  type ExtractTotals,
  reconcileExtracts,
} from '../../../subgraphs/validation/extracts/reconcile-extracts.ts';

const RECORDS = 6_000;
const MEMORY_MB = 128;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-extracts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Row {
  readonly mrn: string;
  readonly name: string;
  readonly at: string;
  readonly zip: string;
}
type Defect = 'lost' | 'doubled' | 'cut' | 'shifted' | 'zeros' | 'added' | 'emptied';
const EXPECTED: Readonly<Record<Defect, string>> = {
  lost: 'missing-record',
  doubled: 'duplicate-record',
  cut: 'truncation NAME',
  shifted: 'timestamp-shift DATE',
  zeros: 'value-mismatch ZIP',
  added: 'unexpected-record',
  emptied: 'value-mismatch NAME',
};
const DEFECTS = Object.keys(EXPECTED) as readonly Defect[];

/** Both sides, and what must be told of what was planted: `category FIELD`, sorted. */
function truth(seed: number) {
  const random = seededRandom(seed);
  const source: Row[] = [];
  const target: Row[] = [];
  const planted: string[] = [];
  for (let at = 1; at <= RECORDS; at++) {
    const hour = String(random.integer(10, 19));
    const row = {
      mrn: `M${at}`,
      name: `Name ${random.integer(100, 999)}`,
      at: `2026-02-03T${hour}:30:00-05:00`,
      zip: `0${random.integer(1000, 9999)}`,
    };
    source.push(row);
    const defect = random.chance(0.03) ? random.pick(DEFECTS as readonly [Defect, ...Defect[]]) : undefined;
    if (defect === undefined) target.push(row);
    else {
      target.push(...spoilt(row, defect));
      // All copies of a key that stands twice are told of: one at the source, two at the target.
      const times = defect === 'doubled' ? 3 : 1;
      for (let time = 0; time < times; time++) planted.push(EXPECTED[defect]);
    }
  }
  return { source, target: shuffled(target, random.integer), planted: planted.sort() };
}

function spoilt(row: Row, defect: Defect): readonly Row[] {
  switch (defect) {
    case 'lost':
      return [];
    case 'doubled':
      return [row, row];
    case 'cut':
      return [{ ...row, name: row.name.slice(0, 4) }];
    case 'shifted':
      return [{ ...row, at: row.at.replace('-05:00', '-06:00') }];
    case 'zeros':
      return [{ ...row, zip: row.zip.slice(1) }];
    case 'added':
      return [row, { ...row, mrn: `X${row.mrn}` }];
    case 'emptied':
      return [{ ...row, name: '' }];
    default:
      return defect satisfies never;
  }
}

function shuffled(rows: Row[], integer: (from: number, to: number) => number): Row[] {
  for (let at = rows.length - 1; at > 0; at--) {
    const other = integer(0, at);
    [rows[at], rows[other]] = [rows[other] as Row, rows[at] as Row];
  }
  return rows;
}

const csv = (rows: readonly Row[], separator = ',') =>
  [['MRN', 'NAME', 'DATE', 'ZIP'], ...rows.map((each) => [each.mrn, each.name, each.at, each.zip])]
    .map((cells) => cells.join(separator))
    .join('\n');
const ndjson = (rows: readonly Row[]) =>
  rows
    .map(({ mrn, name, at, zip }) => JSON.stringify({ MRN: mrn, NAME: name || undefined, DATE: at, ZIP: zip }))
    .join('\n');

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** The same rows as a Parquet file, by way of DuckDB. */
async function parquet(name: string, rows: readonly Row[]): Promise<string> {
  const [from, to] = [await file(`${name}.csv`, csv(rows)), join(folder, name)];
  await withColumnar(async (db) => {
    await db.run(
      `copy (select * from read_csv(${quoted(from)}, all_varchar = true)) to ${quoted(to)} (format parquet)`,
    );
  });
  return to;
}

async function opened(path: string, key = 'MRN'): Promise<OpenExtract> {
  const extract = await openExtract({ path, field: 'source', key: [key], bytes: () => createReadStream(path) });
  if (!extract.ok) throw new Error(extract.refusals.map(({ code, remedy }) => `${code}: ${remedy}`).join());
  return extract.value;
}

async function reconciled(source: string | OpenExtract, target: string) {
  const findings: ExtractFinding[] = [];
  const totals = await reconcileExtracts({
    source: typeof source === 'string' ? await opened(source) : source,
    target: await opened(target),
    compare: (_type, expected, actual) => compareWhole(expected, actual, []),
    found: async (finding) => void findings.push(finding),
    folder: join(folder, 'scratch'),
    memoryMaxMb: MEMORY_MB,
  });
  return { findings, totals };
}

const told = (findings: readonly ExtractFinding[]) =>
  findings.map(({ category, field }) => (field === null ? category : `${category} ${field}`)).sort();

function expectAccounted({ source, target }: ExtractTotals): void {
  for (const { records, matched, differs, missing, repeated, unusable } of [source, target])
    expect(matched + differs + missing + repeated + unusable).toBe(records);
}

describe('two extracts', () => {
  test.each([
    [
      'rows and rows with another separator',
      async (t: ReturnType<typeof truth>) => [
        await file('s.csv', csv(t.source)),
        await file('t.txt', csv(t.target, '|')),
      ],
    ],
    [
      'lines of JSON',
      async (t: ReturnType<typeof truth>) => [
        await file('s.ndjson', ndjson(t.source)),
        await file('t.ndjson', ndjson(t.target)),
      ],
    ],
    [
      'rows and Parquet',
      async (t: ReturnType<typeof truth>) => [await file('s.csv', csv(t.source)), await parquet('t.parquet', t.target)],
    ],
  ] as const)(
    'of %s: everything planted is found in its category, nothing else, twice the same',
    async (_name, write) => {
      const planted = truth(20_261_126);
      const [source, target] = await write(planted);
      const first = await reconciled(source ?? '', target ?? '');
      expect(told(first.findings)).toEqual(planted.planted);
      expectAccounted(first.totals);
      expect(first.totals.source.records).toBe(RECORDS);
      expect(await reconciled(source ?? '', target ?? '')).toEqual(first);
    },
  );

  test('name the line of either side, and never a value or a key', async () => {
    const source = await file('a.csv', 'MRN,NAME\nM1,Zzyzx\nM2,Qwert\n');
    const target = await file('b.csv', 'mrn;name\nM2;Qwer\n');
    const { findings } = await reconciled(source, target);
    expect(findings).toEqual([
      expect.objectContaining({ category: 'missing-record', source: 'line 2', target: null }),
      expect.objectContaining({ category: 'truncation', source: 'line 3', target: 'line 2', field: 'NAME' }),
    ]);
    expect(JSON.stringify(findings)).not.toMatch(/Zzyzx|Qwer|M1|M2/);
  });

  test('tell of rows that cannot be read and records without a key, and go on', async () => {
    const source = await file('c.csv', 'MRN,NAME\nM1,A\nM2\n,C\nM4,D\n');
    const { findings, totals } = await reconciled(source, await file('d.csv', 'MRN,NAME\nM1,A\nM4,D\n'));
    expect(findings.map(({ code, source: place }) => `${code} ${place}`)).toEqual([
      'ROW_RAGGED line 3',
      'KEY_MISSING line 4',
    ]);
    expect(totals).toMatchObject({
      source: { records: 4, matched: 2, unusable: 2 },
      target: { records: 2, matched: 2 },
    });
  });

  const rows = 'MRN,N,PAID,SEEN\n90071992547409931,5,true,2020-01-01\n90071992547409933,6,false,2020-01-02\n';
  const typed = async (name: string, text: string) => {
    const [from, to] = [await file(`${name}.csv`, text), join(folder, name)];
    await withColumnar(async (db) => {
      await db.run(`copy (select * from read_csv(${quoted(from)})) to ${quoted(to)} (format parquet)`);
    });
    return to;
  };

  test('agree by value where one is text and the other has types; digits that are lost are told as that', async () => {
    const parquet = await typed('typed.parquet', rows);
    for (const other of [await file('e.csv', rows), parquet])
      expect((await reconciled(other, parquet)).totals.source).toMatchObject({ records: 2, matched: 2 });
    const priced = await file('f.csv', 'MRN,PRICE\n1,1.50\n2,2.25\n3,10\n');
    const { findings } = await reconciled(priced, await typed('priced.parquet', 'MRN,PRICE\n1,1.5\n2,2.25\n3,10\n'));
    expect(told(findings)).toEqual(['precision-loss PRICE']);
  });

  test('are held against each other as rows where one is objects that are no FHIR', async () => {
    const objects = await file('g.ndjson', '{"mrn":"M1","n":5,"ok":true}\n{"mrn":"M2","n":6.50,"note":null}\n');
    const { asColumns } = await opened(objects);
    const rows = await file('h.csv', 'MRN,N,OK\nM1,5,true\nM2,6.50,\n');
    expect((await reconciled(asColumns ?? '', rows)).totals.source).toMatchObject({ records: 2, matched: 2 });
    const fhir = await file('i.ndjson', '{"resourceType":"Patient","id":"x"}\n');
    expect(await opened(fhir, 'id')).toMatchObject({ kind: 'members', asColumns: undefined });
  });

  test('are refused where nothing can be held against anything, by what is wrong with the file', async () => {
    const whole = await typed('whole.parquet', rows);
    const bytes = await readFile(whole);
    const cut = join(folder, 'cut.parquet');
    await writeFile(cut, bytes.subarray(0, bytes.length - 9));
    await expect(opened(cut)).rejects.toThrow('EXTRACT_DAMAGED: have it exported or copied again');
    await expect(opened(whole, 'MRM')).rejects.toThrow('KEY_UNKNOWN: perhaps MRN');
    await expect(opened(await file('empty.csv', ''))).rejects.toThrow(/^EXTRACT_EMPTY: .*header/);
    await expect(opened(folder)).rejects.toThrow(/^FILE_MISSING: .*folder/);
  });

  test('tell of a Parquet file that is damaged within, from which row on', async () => {
    const damaged = await typed('damaged.parquet', rows);
    const bytes = await readFile(damaged);
    await writeFile(damaged, Buffer.concat([bytes.subarray(0, 10), Buffer.alloc(16, 0x58), bytes.subarray(26)]));
    const { findings } = await reconciled(damaged, await file('j.csv', rows));
    expect(findings[0]).toMatchObject({ category: 'unreadable', code: 'PARQUET_DAMAGED', source: 'row 1' });
  });
});
