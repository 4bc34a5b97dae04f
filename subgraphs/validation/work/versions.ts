/** Versions: of a record that several items make, the one that must stand at the target, and what the others are. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { sealLines } from '../../../runtime/strongroom.ts';
import { finding } from '../domain/finding.ts';
import { recordName } from './batch-work.ts';
import type { Desk } from './read-original.ts';
import { countOf, rowsOf } from './rows.ts';

/**
 * Sorts what the lineage makes under one key. Of items that moved, the version as of the latest moment stands. Leaves
 *
 * - `awaited`: every record to be matched, of each key the version that stands;
 * - `alike`: records that say the same as the one that stands, made by others: accounted to it;
 * - `superseded`: versions as of an earlier moment that say something else, each with the item that superseded it;
 * - `untold`: versions of which nobody can say which is later: `tied` keys have several, and none of them stands;
 * - `repeated_here`: keys of which the map does not say what tells versions apart, and that are not one record.
 */
export async function sortVersions(db: DuckDBConnection): Promise<void> {
  // Most keys stand once: only of the others is it asked what they hold, which costs six times as much.
  await db.run(`create table made_twice as ${keysTwice('expected where w')}`);
  await db.run(`create table together as select t, k, count(*) copies, count(distinct n) items,
    count(distinct d) contents, count(v) dated from expected semi join made_twice using (t, k) where w group by t, k`);
  // The same row twice in one item is a fault of the item; the same record in two items is one record.
  await db.run(`create table repeated_here as select t, k, copies from together
    where dated = 0 and (contents > 1 or copies > items)`);
  await db.run(`create table version as select e.n, e.o, e.i, e.t, e.k, e.p, e.d, coalesce(e.v, '') v,
      item.s = 'moved' m, row_number() over later place, first_value(e.d) over later nd,
      first_value(coalesce(e.v, '')) over later nv, first_value(item.s = 'moved') over later nm,
      first_value(e.i) over later ni
    from expected e join item on item.n = e.n semi join together u on u.t = e.t and u.k = e.k
    anti join repeated_here r on r.t = e.t and r.k = e.k where e.w
    window later as (partition by e.t, e.k order by item.s = 'moved' desc, coalesce(e.v, '') desc, e.n, e.o)`);
  await db.run(`create table tied as select distinct t, k from version where d <> nd and v = nv and m = nm`);
  await db.run(`create table untold as select v.*, v.v = '' undated from version v left join tied x using (t, k)
    where (x.k is not null and v.v = nv and m = nm) or (m and v.v = '' and (d <> nd or x.k is not null))`);
  // Of what is tied no version stands: all before it are superseded, even one that says the same as a tied one.
  await db.run(`create table superseded as select v.* from version v left join tied x using (t, k)
    anti join untold u on u.n = v.n and u.o = v.o
    where m and nm and (x.k is not null or d <> nd)`);
  await db.run(`create table alike as select v.* from version v anti join tied x on x.t = v.t and x.k = v.k
    where d = nd and place > 1`);
  await db.run(`create view awaited as select e.* from expected e
    anti join (select n, o from version where place > 1) elsewhere using (n, o) where e.w`);
}

/** Keys that stand more than once in `rows`. Their hashes are counted first: a number takes less than two texts. */
export function keysTwice(rows: string): string {
  const hashes = `select hash(t, k) hashed from ${rows} group by hashed having count(*) > 1`;
  return `select t, k from (select t, k, hash(t, k) hashed from ${rows}) semi join (${hashes}) using (hashed)
    group by t, k having count(*) > 1`;
}

/** Says of each version that cannot be told from another what stands in the way. */
export async function findUntold(db: DuckDBConnection, desk: Desk): Promise<void> {
  const query = 'select n, i, k, t, p, undated from untold order by n, o';
  type Row = { n: number; i: string; k: string; t: string; p: string; undated: boolean };
  for await (const { n, i, k, t, p, undated } of rowsOf<Row>(db, query)) {
    const about = { origin: 'mapping', category: 'duplicate-record', itemId: i, record: k, recordType: t, position: p };
    const seen = undated ? UNDATED_VERSION : TIED_VERSION;
    await desk.findings.add(n, finding({ ...about, ...seen } as Parameters<typeof finding>[0]));
  }
}

const UNDATED_VERSION = {
  code: 'VERSION_UNDATED',
  note: 'another item says something else of this record, and when this one was so is not said',
};
const TIED_VERSION = {
  code: 'VERSIONS_TIED',
  note: 'several items say different things of this record as of the same moment',
};

export function countSuperseded(db: DuckDBConnection): Promise<number> {
  return countOf(db, 'select count(*) from superseded');
}

/** One line a superseded version: whose it was, and which item took its place. Null where there is none. */
export async function sealSuperseded(db: DuckDBConnection, desk: Desk): Promise<Sha256 | null> {
  if ((await countSuperseded(db)) === 0) return null;
  const { house } = desk.task;
  async function* lines(): AsyncGenerator<Json> {
    const query = 'select i, t, k, ni from superseded order by n, o';
    for await (const { i, t, k, ni } of rowsOf<{ i: string; t: string; k: string; ni: string }>(db, query)) {
      yield { itemId: i, recordType: t, record: recordName(house, k), supersededBy: ni };
    }
  }
  return (await sealLines(house.strongroom, lines())).digest;
}
