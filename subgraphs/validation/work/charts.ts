/** Charts over all batches: what hangs on every patient and encounter that landed, by source and by read-back. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { PARENT_TYPES } from '../checks/chart.ts';
import { finding } from '../domain/finding.ts';
import type { Strongroom } from '../../../runtime/strongroom.ts';
import type { Relation } from './relations.ts';
import { type Columns, rowsOf, tableOf } from './rows.ts';
import type { RelatedDataset } from './unexpected.ts';

/** What became of a record: not there; there and hanging on something else; not made. Absent: it is there. */
export type ArrivalState = 'gone' | 'elsewhere' | 'unmapped';

/** A line of the expected keys; see sealExpectedKeys. */
const KEYS = {
  t: 'VARCHAR',
  k: 'VARCHAR',
  i: 'VARCHAR',
  p: 'VARCHAR',
  u: 'VARCHAR',
  e: 'VARCHAR',
  m: 'VARCHAR',
  x: 'VARCHAR',
} as const satisfies Columns;

/** One line a kind of parent and kind of child, and one a kind of parent over all (`child` is null). */
export interface CompletenessLine {
  readonly parent: (typeof PARENT_TYPES)[number];
  readonly child: string | null;
  /** Parents that landed and have such children at the source, and those of them that have all of them. */
  readonly charts: number;
  readonly complete: number;
  /** Children by the source and its lineage, and by what was read back. */
  readonly expected: number;
  readonly arrived: number;
  readonly verdict: 'complete' | 'incomplete';
}

/** What all batches brought, and the parents of it that landed. */
export async function loadKept(
  db: DuckDBConnection,
  strongroom: Strongroom,
  datasets: readonly RelatedDataset[],
): Promise<void> {
  await db.run(
    `create table kept (ds integer, t varchar, k varchar, i varchar, p varchar, u varchar, e varchar, m varchar,
      x varchar)`,
  );
  for (const { dataset, batch } of datasets) {
    if (batch.expectedKeys == null) continue;
    await tableOf(db, 'brought', [await strongroom.locate(batch.expectedKeys)], KEYS);
    await db.run(`insert into kept select ${dataset.ordinal}, t, k, i, p, u, e, m, x from brought`);
    await db.run('drop table brought');
  }
  await db.run(`create table landed as select t, k, arg_min(ds, ds) ds, arg_min(i, ds) i, arg_min(p, ds) p from kept
    where t in (${PARENT_TYPES.map((type) => `'${type}'`).join(', ')})
      and (x is null or x = 'elsewhere') group by t, k`);
}

/** Lays out the charts of all batches; the relation lines of all of them must be loaded. */
export async function loadCharts(
  db: DuckDBConnection,
  strongroom: Strongroom,
  { datasets, scope }: { readonly datasets: readonly RelatedDataset[]; readonly scope: string },
): Promise<void> {
  await loadKept(db, strongroom, datasets);
  // A number that several patients carry names nobody. Patients that are mapped go before those of one dataset alone.
  await db.run(`create table numbered as select x number, min(a) k from relation where r = 'number'
      and (s = '${scope}' or not exists (select 1 from relation where r = 'number' and s = '${scope}'))
    group by x having count(distinct a) = 1`);
  await db.run(`create table hung as
    select t, k, max(u) u, max(e) e, bool_or(x is null) here from kept where t <> 'Patient' group by t, k
    union all select t, i || ' ' || p.k, min(n.k), null, bool_or(x is null) from relation p
      join numbered n on n.number = upper(regexp_replace(p.a, '\\s', '', 'g'))
      where r = 'paper' and f = 'index' group by t, i, p.k`);
  await db.run(`create table hanging as
    select 'Encounter' pt, e pk, t, here, true nearest from hung
      semi join (select k e from landed where t = 'Encounter') using (e)
    union all select 'Patient', u, t, here, e is null or e not in (select k from landed where t = 'Encounter')
      from hung semi join (select k u from landed where t = 'Patient') using (u)`);
}

/** One of each chart that lacks something, told at the nearest parent: a note that is missing, at its visit. */
export async function* findIncompleteCharts(db: DuckDBConnection): AsyncGenerator<Relation> {
  const query = `with lacking as (select pt, pk, t, count(*) due, count(*) filter (not here) gone from hanging
      where nearest group by pt, pk, t having count(*) filter (not here) > 0)
    select l.pt, l.pk, string_agg(gone || ' of ' || due || ' ' || l.t, ', ' order by l.t) lacks,
      any_value(p.ds) ds, any_value(p.i) i, any_value(p.p) p
    from lacking l join landed p on p.t = l.pt and p.k = l.pk group by l.pt, l.pk order by ds, l.pt, l.pk`;
  type Row = { pt: string; pk: string; lacks: string; ds: number; i: string; p: string };
  for await (const { pt, pk, lacks, ds, i, p } of rowsOf<Row>(db, query)) {
    const note = `it arrived without all that hangs on it: ${lacks} did not`;
    const about = { itemId: i, record: pk, recordType: pt, position: p };
    const seen = { origin: 'relation', category: 'incomplete-chart', code: 'CHILDREN_MISSING', note } as const;
    // The parent itself is sound: what is missing is in doubt already, and quarantines its own item.
    yield { found: finding({ ...about, ...seen }), dataset: ds, items: [] };
  }
}

export async function completenessOf(db: DuckDBConnection): Promise<readonly CompletenessLine[]> {
  const query = `with chart as (select pt, pk, t, count(*) due, count(*) filter (here) arrived from hanging
      group by grouping sets ((pt, pk, t), (pt, pk)))
    select pt, t, count(*) charts, count(*) filter (arrived = due) complete, sum(due) expected, sum(arrived) arrived
    from chart group by pt, t order by pt, t nulls first`;
  type Row = { pt: CompletenessLine['parent']; t: string | null } & Record<
    'charts' | 'complete' | 'expected' | 'arrived',
    bigint
  >;
  const lines: CompletenessLine[] = [];
  for await (const row of rowsOf<Row>(db, query)) {
    const [charts, complete] = [Number(row.charts), Number(row.complete)];
    const counts = { charts, complete, expected: Number(row.expected), arrived: Number(row.arrived) };
    lines.push({ parent: row.pt, child: row.t, ...counts, verdict: complete === charts ? 'complete' : 'incomplete' });
  }
  return lines;
}
