/** Documents beside their index, and copies of bytes at the target: joins, not loops. */
import { posix } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { isCovered } from '../checks/attachment-index.ts';
import { finding } from '../domain/finding.ts';
import type { Verdict, VerdictCounts } from '../domain/verdict.ts';
import type { Desk } from './read-original.ts';
import { countOf, rowsOf } from './rows.ts';
import { INDEX_ROWS, LISTED, UNITS } from './scratch.ts';
import { scratchLines, scratchTable } from './scratch-tables.ts';

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

/** Items of bytes the target holds more than once, and the verdict of each item that passes through. */
export async function matchCopies(db: DuckDBConnection, desk: Desk): Promise<Partial<VerdictCounts>> {
  await scratchLines(db, desk, 'unit', UNITS);
  await scratchLines(db, desk, 'listed_item', LISTED);
  await scratchTable(db, desk, 'parcel', await desk.parcels.inQuestion(desk.task.policy.validation.memoryMaxMb));
  // A row for each name: joined by either of two, every parcel would be held against everything that is listed.
  await db.run(`create table copied as select n, i, count(distinct l.g) copies, max(l.g) filter (l.g <> p.g) g
    from (select n, i, g, unnest([p, k]) named from parcel) p join listed_item l on l.k = p.named
    group by n, i having count(distinct l.g) > 1`);
  await db.run('drop table parcel');
  const query = 'select n, i, copies, g from copied order by n';
  for await (const row of rowsOf<{ n: number; i: string; copies: bigint; g: string | null }>(db, query)) {
    const note = `the target has ${row.copies} items with this source key`;
    const seen = { origin: 'match', category: 'duplicate-record', code: 'COPIES_AT_TARGET', note } as const;
    await desk.findings.add(row.n, finding({ itemId: row.i, targetId: row.g, ...seen }));
  }
  return countUnits(db);
}

type UnitVerdict = Verdict | 'not-drawn';

async function countUnits(db: DuckDBConnection): Promise<Partial<VerdictCounts>> {
  const [all, single] = [new Map<UnitVerdict, number>(), new Map<UnitVerdict, number>()];
  const query = `select v, count(*) units, count(*) filter (copies is null) single
    from unit left join copied using (n) group by v`;
  for await (const row of rowsOf<{ v: UnitVerdict; units: bigint; single: bigint }>(db, query)) {
    all.set(row.v, Number(row.units));
    single.set(row.v, Number(row.single));
  }
  const source = [...all.values()].reduce((sum, units) => sum + units, 0);
  const surplus = await countOf(db, 'select coalesce(sum(copies - 1), 0) from copied');
  const singly = (verdict: UnitVerdict): number => single.get(verdict) ?? 0;
  return {
    source,
    target: source - (all.get('missing-on-target') ?? 0) + surplus,
    matched: singly('matched'),
    differs: singly('differs'),
    missingOnTarget: singly('missing-on-target'),
    unreadable: singly('unreadable'),
    duplicates: await countOf(db, 'select count(*) from copied'),
    notDrawn: singly('not-drawn'),
    acknowledged: singly('acknowledged'),
  };
}
