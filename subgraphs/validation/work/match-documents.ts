/** Documents beside their index, messages in their sequence, and copies of bytes at the target: joins, not loops. */
import { posix } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { isCovered } from '../checks/attachment-index.ts';
import { GAP_LENGTH_MAX, SERIES_LENGTH_MIN, STEPS_OF_ONE_SHARE_MIN } from '../checks/sequence-gap.ts';
import { finding } from '../domain/finding.ts';
import { CONTROL_ID_REPEATED } from '../domain/settle.ts';
import type { Verdict, VerdictCounts } from '../domain/verdict.ts';
import { scratchTable } from './match.ts';
import type { Desk } from './read-original.ts';
import { countOf, rowsOf } from './rows.ts';
import { CONTROL_IDS, INDEX_ROWS, LISTED, NO_ITEM, PARCELS, UNITS } from './scratch.ts';

/** Rows that name no document, and documents that no row names. */
export async function matchIndexes(db: DuckDBConnection, desk: Desk): Promise<void> {
  await scratchTable(db, desk, 'index_row', INDEX_ROWS);
  // Names were given on systems that take A and a for the same, and an accent for what it is written with.
  await db.run('create macro spelled(path) as lower(nfc_normalize(path))');
  if ((await countOf(db, 'select count(*) from index_row')) === 0) return;
  const lost = `select n, i, l, a from index_row where l > 0
    and spelled(a) not in (select spelled(p) from item) and spelled(b) not in (select spelled(p) from item)
    order by n, l`;
  for await (const row of rowsOf<{ n: number; i: string; l: number; a: string }>(db, lost)) {
    const note = 'the index names a document that is not there';
    const about = { itemId: row.i, record: row.a, recordType: 'document', position: `line ${row.l}` };
    const seen = { origin: 'index', category: 'attachment-not-found', code: 'DOCUMENT_MISSING', note } as const;
    await desk.findings.add(row.n, finding({ ...about, ...seen }));
  }
  await findUnnamed(db, desk);
}

async function findUnnamed(db: DuckDBConnection, desk: Desk): Promise<void> {
  const folders: string[] = [];
  const whole = 'select p from index_row group by p having min(l) >= 0 order by p';
  for await (const { p } of rowsOf<{ p: string }>(db, whole)) folders.push(posix.dirname(p));
  const unnamed = `select n, i, p from item where s <> 'excluded' and i not in (select i from index_row)
    and spelled(p) not in (select spelled(a) from index_row where l > 0 union
      select spelled(b) from index_row where l > 0) order by n`;
  for await (const { n, i, p } of rowsOf<{ n: number; i: string; p: string }>(db, unnamed)) {
    if (!isCovered(p, folders)) continue;
    const note = 'no row of the index names this document';
    await desk.findings.add(n, finding({ origin: 'index', category: 'orphan', itemId: i, code: 'NOT_IN_INDEX', note }));
  }
}

/** Holes and repetitions in series of control ids. */
export async function matchSequences(db: DuckDBConnection, desk: Desk): Promise<void> {
  await scratchTable(db, desk, 'control', CONTROL_IDS);
  if ((await countOf(db, 'select count(*) from control')) < SERIES_LENGTH_MIN) return;
  await db.run(`create table series as select *, v - lag(v) over counted as step, lag(c) over counted as earlier,
    lag(i) over counted as earlier_item
    from (select x, v, min(c) c, arg_min(i, (n, m)) i, min(n) n from control group by x, v)
    window counted as (partition by x order by v)`);
  await db.run(`create table counted as select x from series group by x having count(*) >= ${SERIES_LENGTH_MIN}
    and count(*) filter (step = 1) >= ${STEPS_OF_ONE_SHARE_MIN} * (count(*) - 1)`);
  await findHoles(db, desk);
  await findRepetitions(db, desk);
}

interface Hole {
  readonly n: number;
  readonly i: string;
  readonly earlier_item: string;
  readonly earlier: string;
  readonly step: number;
}

async function findHoles(db: DuckDBConnection, desk: Desk): Promise<void> {
  const holes = `select n, i, earlier_item, earlier, step from series semi join counted using (x)
    where step > 1 and step <= ${GAP_LENGTH_MAX} order by x, v`;
  for await (const { n, i, earlier_item, earlier, step } of rowsOf<Hole>(db, holes)) {
    const note = `${step - 1} control ids are missing after this one`;
    const seen = { origin: 'sequence', category: 'sequence-gap', code: 'CONTROL_ID_MISSING', note } as const;
    // Between two items, neither is to blame.
    const isInside = i === earlier_item;
    const about = { itemId: isInside ? i : null, position: `MSH-10 ${earlier}` };
    await desk.findings.add(isInside ? n : NO_ITEM, finding({ ...about, ...seen }));
  }
}

async function findRepetitions(db: DuckDBConnection, desk: Desk): Promise<void> {
  const repeated = `select n, m, i, c from (select *, row_number() over (partition by x, v order by n, m) place
    from control semi join counted using (x)) where place > 1 order by n, m`;
  for await (const { n, m, i, c } of rowsOf<{ n: number; m: number; i: string; c: string }>(db, repeated)) {
    const note = 'another message has the same control id';
    const seen = { origin: 'sequence', category: 'sequence-gap', code: CONTROL_ID_REPEATED, note } as const;
    await desk.findings.add(n, finding({ itemId: i, position: `message ${m} MSH-10 ${c}`, ...seen }));
  }
}

/** Items of bytes the target holds more than once, and the verdict of each item that passes through. */
export async function matchCopies(db: DuckDBConnection, desk: Desk): Promise<Partial<VerdictCounts>> {
  await scratchTable(db, desk, 'unit', UNITS);
  await scratchTable(db, desk, 'parcel', PARCELS);
  await scratchTable(db, desk, 'listed_item', LISTED);
  await db.run(`create table copied as select p.n, p.i, count(distinct l.g) copies, max(l.g) filter (l.g <> p.g) g
    from parcel p join listed_item l on l.k = p.p or l.k = p.k group by p.n, p.i having count(distinct l.g) > 1`);
  const query = 'select n, i, copies, g from copied order by n';
  for await (const row of rowsOf<{ n: number; i: string; copies: bigint; g: string | null }>(db, query)) {
    const note = `the target has ${row.copies} items with this source key`;
    const seen = { origin: 'match', category: 'duplicate-record', code: 'COPIES_AT_TARGET', note } as const;
    await desk.findings.add(row.n, finding({ itemId: row.i, targetId: row.g, ...seen }));
  }
  return countUnits(db);
}

async function countUnits(db: DuckDBConnection): Promise<Partial<VerdictCounts>> {
  const single = (verdict: Verdict | 'not-drawn'): Promise<number> =>
    countOf(db, `select count(*) from unit anti join copied using (n) where v = '${verdict}'`);
  const surplus = await countOf(db, 'select coalesce(sum(copies - 1), 0) from copied');
  return {
    source: await countOf(db, 'select count(*) from unit'),
    target: (await countOf(db, "select count(*) from unit where v <> 'missing-on-target'")) + surplus,
    matched: await single('matched'),
    differs: await single('differs'),
    missingOnTarget: await single('missing-on-target'),
    unreadable: await single('unreadable'),
    duplicates: await countOf(db, 'select count(*) from copied'),
    notDrawn: await single('not-drawn'),
    acknowledged: await single('acknowledged'),
  };
}
