/** Documents that pass through, by the patient an index files them under: whether each has arrived. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Desk } from './read-original.ts';

/** Adds a line for each to the relations of the batch; what stays behind on purpose is not awaited. */
export async function relatePapers(db: DuckDBConnection, { task }: Desk): Promise<void> {
  const { dataset, batch } = task;
  await db.run(
    `insert into relation (r, s, ds, n, o, i, b, k, t, p, a, c, x, f)
      select distinct on (item.n, w.m) 'paper', ?, ?, item.n, 0, item.i, ?, item.p, 'document', '', w.m, 1,
        case when v = 'missing-on-target' then 'gone' end, 'index'
      from (select m, unnest([spelled(a), spelled(b)]) named from index_row where l > 0 and m <> '') w
        join item on spelled(item.p) = w.named
      left join unit on unit.n = item.n
      where item.s <> 'excluded' order by item.n, w.m`,
    [dataset.id, dataset.ordinal, batch.id],
  );
}
