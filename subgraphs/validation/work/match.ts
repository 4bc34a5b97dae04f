/** Matches expected records with those at the target: an outer join on the source key, duplicates taken out first. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Json, parseJson } from '../../../kernel/canonical-json.ts';
import { lossesAtTarget } from '../checks/loss-at-target.ts';
import { membersOf } from '../checks/resource.ts';
import { withoutEchoes } from '../checks/silent-loss.ts';
import { comparedOf, faultsBehind, type Keeping } from '../domain/difference.ts';
import { finding, type Finding } from '../domain/finding.ts';
import { KEY_REPEATED } from '../domain/settle.ts';
import type { VerdictCounts } from '../domain/verdict.ts';
import { mapOf } from './batch-work.ts';
import type { Desk } from './read-original.ts';
import { countOf, rowsOf } from './rows.ts';
import { scratchTable } from './scratch-tables.ts';
import { countSuperseded, findUntold, keysTwice, sortVersions } from './versions.ts';

interface Expected {
  readonly n: number;
  readonly o: number;
  readonly k: string;
  readonly t: string;
  readonly i: string;
  readonly p: string;
}

type Copies = Expected & { readonly copies: bigint | number; readonly g: string };
type Pair = Expected & Record<'ea' | 'ez' | 'aa' | 'az', number> & { readonly g: string; readonly d: string | null };

/**
 * Findings of records, and the verdict of each key. What is on the target only is found once all batches are.
 * What the target is known not to keep is not compared.
 */
export async function matchRecords(
  db: DuckDBConnection,
  desk: Desk,
  keeping: Keeping,
): Promise<Partial<VerdictCounts>> {
  const agreed = await load(db, desk);
  await findUntold(db, desk);
  await findRepeated(db, desk);
  const missing = await findMissing(db, desk);
  const { differs, unreadable } = await findDiffering(db, desk, keeping);
  const count = (from: string): Promise<number> => countOf(db, `select count(*) from ${from}`);
  const { unmapped } = desk.records;
  const repeated = await count('repeated');
  const surplus = await countOf(db, 'select coalesce(sum(copies - 1), 0) from repeated_here');
  const keys = agreed + (await count('awaited')) - surplus;
  const paired = keys - repeated - missing;
  return {
    source: keys + unmapped,
    target: paired + (await count('(select distinct t, k, g from actual semi join repeated using (t, k))')),
    // Of those with another digest, those whose fields agree all the same are matched too.
    matched: paired - differs - unreadable,
    differs,
    missingOnTarget: missing,
    unreadable: unreadable + unmapped,
    duplicates: repeated,
    superseded: await countSuperseded(db),
  };
}

/** Leaves the tables `expected` and `actual`: what does not simply agree. Resolves to how many records do. */
async function load(db: DuckDBConnection, desk: Desk): Promise<number> {
  const { matched, expected, actual } = await desk.records.left(desk.task.policy.validation.memoryMaxMb);
  await scratchTable(db, desk, 'expected', expected);
  await scratchTable(db, desk, 'actual', actual);
  await sortVersions(db);
  await db.run(`create table shown_twice as ${keysTwice('actual')}`);
  // Each side is narrowed to the few keys in question before they are joined.
  // A listing may show one thing twice while it changes; one id is one copy.
  await db.run(`create table repeated_there as select t, k, count(distinct g) copies, max(g) g
    from (select t, k, g from actual semi join shown_twice using (t, k))
    semi join (select t, k from expected semi join shown_twice using (t, k) where w) using (t, k)
    group by t, k having count(distinct g) > 1`);
  await db.run(`create table repeated as select t, k from repeated_here union select t, k from repeated_there
    union select t, k from tied`);
  await db.run(`create table unlike as select e.n, e.o, e.t, e.k, a.g from awaited e left join actual a using (t, k)
    where a.d is null or a.d <> e.d`);
  await db.run(`create table suspect as
    select distinct on (n, o) n, o, e.k, e.t, e.i, e.p, e.a ea, e.z ez, a.a aa, a.z az, a.g, a.d
    from unlike u join expected e using (n, o)
    left join (select * from actual semi join unlike using (t, k, g)) a on a.t = e.t and a.k = e.k and a.g = u.g
    anti join repeated r on r.t = e.t and r.k = e.k order by n, o, a.g`);
  return matched;
}

async function findRepeated(db: DuckDBConnection, desk: Desk): Promise<void> {
  const atSource = `select n, o, k, t, i, p, copies, '' g from (select e.*, copies,
    row_number() over (partition by t, k order by n, o) place
    from expected e join repeated_here using (t, k) where e.w) where place > 1 order by n, o`;
  for await (const row of rowsOf<Copies>(db, atSource)) {
    const note = `the source has this record ${row.copies} times`;
    await add(desk, row, { origin: 'mapping', category: 'duplicate-record', code: KEY_REPEATED, note });
  }
  // A record that is twice in the source is twice at the target for that reason.
  const atTarget = `select e.n, e.o, e.k, e.t, e.i, e.p, copies, g
    from awaited e join repeated_there using (t, k) anti join repeated_here using (t, k) order by e.n, e.o`;
  for await (const row of rowsOf<Copies>(db, atTarget)) {
    const note = `the target has ${row.copies} records with this source key`;
    await add(desk, row, { category: 'duplicate-record', code: 'COPIES_AT_TARGET', targetId: row.g, note });
  }
}

async function findMissing(db: DuckDBConnection, desk: Desk): Promise<number> {
  let missing = 0;
  for await (const row of rowsOf<Expected>(db, 'select * from suspect where g is null order by n, o')) {
    missing += 1;
    const note = 'no record at the target has this source key';
    await add(desk, row, { category: 'missing-record', code: 'KEY_NOT_FOUND', note });
  }
  return missing;
}

async function findDiffering(
  db: DuckDBConnection,
  desk: Desk,
  keeping: Keeping,
): Promise<{ differs: number; unreadable: number }> {
  let [differs, unreadable] = [0, 0];
  for await (const row of rowsOf<Pair>(db, 'select * from suspect where g is not null order by n, o')) {
    const found = row.d === null ? [UNREADABLE] : await compare(desk, row, keeping);
    if (row.d === null) unreadable += 1;
    else if (found.length > 0) differs += 1;
    for (const each of found) await add(desk, row, { ...each, targetId: row.g });
  }
  return { differs, unreadable };
}

type Seen = Pick<Finding, 'category' | 'code' | 'note'> & Partial<Finding>;

const UNREADABLE: Seen = {
  category: 'unreadable',
  code: 'RECORD_NOT_READABLE',
  note: 'what the target gave back for this record cannot be read',
};

async function compare(desk: Desk, row: Pair, keeping: Keeping): Promise<readonly Seen[]> {
  const expected = await contentOf(desk, 'expected.contents', row.ea, row.ez);
  const actual = await contentOf(desk, 'actual.contents', row.aa, row.az);
  const differences = mapOf(desk.task, desk.movedBy.get(row.i))?.compare(row.t, expected, actual) ?? [];
  const faults = faultsBehind(comparedOf(row.t, differences, keeping));
  const losses = lossesAtTarget(membersOf(expected), membersOf(actual), desk.task.movedAt);
  const told = comparedOf(row.t, losses, keeping);
  return [
    ...withoutEchoes(faults, told).map(({ category, field, note, critical }) => ({
      ...{ category, field, note },
      code: critical ? 'CRITICAL_FIELD_DIFFERS' : 'FIELD_DIFFERS',
    })),
    ...told.map(({ message: note, ...loss }) => ({ ...loss, note })),
  ];
}

async function contentOf(desk: Desk, name: string, at: number, sizeBytes: number): Promise<Json> {
  const file = await desk.spool.file(name);
  await file.flush();
  return parseJson((await file.read(at, sizeBytes)).toString('utf8'));
}

async function add(desk: Desk, row: Expected, seen: Seen): Promise<void> {
  const { n, i, k, t, p } = row;
  const about = { origin: 'match', itemId: i, record: k, recordType: t, position: p } as const;
  await desk.findings.add(n, finding({ ...about, ...seen }));
}
