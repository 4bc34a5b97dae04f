/** Totals by kind of record, day and author, on both sides: an early warning, and never a pass. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Json } from '../../../kernel/canonical-json.ts';
import { keyedDigest, type Sha256 } from '../../../kernel/digest.ts';
import { sealLines } from '../../../runtime/strongroom.ts';
import { authorOf, dayOfRecord } from '../checks/authored.ts';
import type { House } from './house.ts';
import { rowsOf } from './rows.ts';

/** What totals are counted by, of one record: the day, and a keyed digest of the author. */
export interface CountedBy {
  readonly y: string | null;
  readonly q: string | null;
}

export function countedBy({ keys }: House, resource: Json): CountedBy {
  const author = authorOf(resource);
  return { y: dayOfRecord(resource), q: author === null ? null : keyedDigest(keys.record, author) };
}

export interface Totals {
  /** One line a kind, day and author. */
  readonly lines: Sha256;
  readonly groups: number;
  /** Groups of which both sides do not have as many. */
  readonly differing: number;
}

/** Each key is counted once a side; of the target only what the batch brings. Null where it brings no records. */
export async function sealTotals(db: DuckDBConnection, { strongroom }: House): Promise<Totals | null> {
  const query = `with due as (select t, k, y, q from agreed union all select distinct t, k, y, q from expected e
      anti join (select n, o from superseded union select n, o from untold) gone on gone.n = e.n and gone.o = e.o
      where w),
    brought as (select t, k, ay y, aq q from agreed union all
      select distinct t, k, y, q from actual semi join (select t, k from expected where w) brought using (t, k)),
    here as (select t, y, q, count(*) n from due group by t, y, q),
    there as (select t, y, q, count(*) n from brought group by t, y, q)
    select coalesce(s.t, a.t) t, coalesce(s.y, a.y) y, coalesce(s.q, a.q) q, coalesce(s.n, 0) due,
      coalesce(a.n, 0) arrived
    from here s full join there a
      on s.t = a.t and s.y is not distinct from a.y and s.q is not distinct from a.q
    order by t, y nulls first, q nulls first`;
  let [groups, differing] = [0, 0];
  type Row = { t: string; y: string | null; q: string | null; due: bigint; arrived: bigint };
  async function* lines(): AsyncGenerator<Json> {
    for await (const { t: type, y: day, q: author, ...counts } of rowsOf<Row>(db, query)) {
      const [source, target] = [Number(counts.due), Number(counts.arrived)];
      groups += 1;
      if (source !== target) differing += 1;
      yield { type, day, author, source, target };
    }
  }
  const { digest } = await sealLines(strongroom, lines());
  return groups === 0 ? null : { lines: digest, groups, differing };
}
