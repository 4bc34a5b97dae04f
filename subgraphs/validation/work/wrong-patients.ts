/** Documents that name another patient inside than the one they are filed under. Needs the charts of all batches. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { finding } from '../domain/finding.ts';
import type { Relation } from './relations.ts';
import { rowsOf } from './rows.ts';

/**
 * Filed under: by the record that holds it, by an index, or by a folder that is named after a patient, where most
 * folders of the dataset are. Numbers that name no patient of the migration say something only where an index and the
 * documents under it use the same numbers for most.
 */
export async function* findWrongPatients(db: DuckDBConnection): AsyncGenerator<Relation> {
  await db.run(`create table inside as select row_number() over (order by ds, n, o, k) id, ds, n, i, b, k, t, p, a, f,
      string_split(x, ' ') numbers from relation where r = 'paper' and f in ('inside', 'record')`);
  await db.run(`create table named as select distinct id, d.k who from inside
    join (select id, unnest(numbers) number from inside) each using (id) join numbered d using (number)`);
  await db.run(`create table filed as
    select id, 'record' how, a who, null number from inside where f = 'record' and a <> ''
    union all select id, 'index', d.k, upper(regexp_replace(w.a, '\\s', '', 'g'))
      from inside join (select i, a from relation where r = 'paper' and f = 'index') w using (i)
      left join numbered d on d.number = upper(regexp_replace(w.a, '\\s', '', 'g')) where f = 'inside'
    union all select id, 'folder', d.k, null
      from (select id, upper(unnest(list_slice(string_split(k, '/'), 1, -2))) folder from inside where f = 'inside') o
      join numbered d on d.number = folder`);
  await db.run(`create table judged as select id, how, case
      when bool_or(who in (select n.who from named n where n.id = f.id)) then 'right'
      when exists (select 1 from named n where n.id = f.id) and bool_and(who is not null) then 'wrong'
      when bool_or(list_contains(numbers, number)) then 'right'
      when how = 'index' then 'apart' end verdict
    from filed f join inside using (id) group by id, how, f.id, numbers`);
  const query = `with habit as (select ds, how, count(*) filter (verdict = 'right') rights,
      count(*) filter (verdict in ('wrong', 'apart')) against from judged join inside using (id) group by ds, how)
    select distinct on (ds, n, id) ds, i, b, k, t, p from judged join inside using (id) join habit using (ds, how)
    where (verdict = 'wrong' and (how <> 'folder' or rights >= against))
      or (verdict = 'apart' and rights > 0 and rights >= against)
    order by ds, n, id`;
  type Row = { ds: number; i: string; b: string; k: string; t: string; p: string };
  for await (const { ds, i, b, k, t, p } of rowsOf<Row>(db, query)) {
    const about = { itemId: i, record: k, recordType: t, position: p };
    const note = 'the patient named inside is another than the one it is filed under';
    const seen = { origin: 'relation', category: 'wrong-patient', code: 'OTHER_PATIENT_INSIDE', note } as const;
    yield { found: finding({ ...about, ...seen }), dataset: ds, items: [{ itemId: i, batchId: b }] };
  }
}
