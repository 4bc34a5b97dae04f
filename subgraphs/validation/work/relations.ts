/** Relationships: who is allergic and said not to be, who is there twice, who belongs to nobody, who was not born. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Finding, finding } from '../domain/finding.ts';
import { countOf, rowsOf, tableOf } from './rows.ts';
import { findSamePersons, noteOf } from './same-persons.ts';
import { RELATIONS } from './scratch.ts';

export interface Relation {
  readonly found: Finding;
  /** The dataset's place in the plan. */
  readonly dataset: number;
  readonly items: readonly { readonly itemId: string; readonly batchId: string }[];
}

/** Of one batch nothing can be said about who belongs to nobody or is there twice: that needs all of them. */
export type Reach = 'batch' | 'migration';

export interface RelationsSought {
  /** Within what keys mean the same. */
  readonly scope: string;
  readonly reach: Reach;
  /** The probability from which two charts are told to be of one person: the policy's. */
  readonly samePersonMin: number;
}

/** Findings over the relation lines in `files`; what is found in one batch is found again, alike, in all of them. */
export async function* findRelations(
  db: DuckDBConnection,
  files: readonly string[],
  { scope, reach, samePersonMin }: RelationsSought,
): AsyncGenerator<Relation> {
  await tableOf(db, 'relation', files, RELATIONS.columns);
  // Who a patient was, and what was said of allergies, before a later version of the record said something else.
  if (reach === 'batch') {
    await db.run(`delete from relation where r <> 'child' and (n, t, k) in (select n, t, k from superseded)`);
  }
  yield* conflicts(db);
  yield* beforeBirth(db);
  if (reach === 'batch') return;
  // How common a name is, only all patients together tell.
  yield* doublePatients(db, samePersonMin);
  yield* orphans(db, scope);
}

interface Line {
  readonly ds: number;
  readonly i: string;
  readonly b: string;
  readonly k: string;
  readonly t: string;
  readonly p: string;
  readonly a: string;
}

async function* conflicts(db: DuckDBConnection): AsyncGenerator<Relation> {
  const query = `with said as (select *, row_number() over (partition by s, a, x order by ds, n, o) place
      from relation where r = 'statement'), first as (select * from said where place = 1)
    select d.ds, d.i, d.b, d.p, d.a, c.i claim_item, c.b claim_batch from first d join first c using (s, a)
    where (d.x = 'none' and c.x in ('drug', 'other')) or (d.x = 'no-drug' and c.x = 'drug')
    order by d.ds, d.n, d.o, c.ds, c.n, c.o`;
  for await (const row of rowsOf<Line & { claim_item: string; claim_batch: string }>(db, query)) {
    const note = 'it is stated that there are no known allergies, and that there is one';
    const about = { itemId: row.i, record: row.a, recordType: 'AllergyIntolerance', position: row.p };
    const seen = { origin: 'relation', category: 'conflicting-allergy', code: 'ALLERGIES_CONFLICT', note } as const;
    const items = [touched(row), { itemId: row.claim_item, batchId: row.claim_batch }];
    yield { found: finding({ ...about, ...seen }), dataset: row.ds, items };
  }
}

/** Second charts whose places are asked for at once. */
const CHARTS_ASKED_MAX = 1_000;

/** Of the charts of one person all but the first are told. */
async function* doublePatients(db: DuckDBConnection, probabilityMin: number): AsyncGenerator<Relation> {
  const { found, more } = await findSamePersons(db, probabilityMin);
  for (let at = 0; at < found.length; at += CHARTS_ASKED_MAX) {
    const asked = new Map(found.slice(at, at + CHARTS_ASKED_MAX).map((same) => [same.chart, same]));
    const query = `select chart, ds, i, b, k, t, p, a from person where chart in (${[...asked.keys()]}) order by chart`;
    for await (const row of rowsOf<Line & { chart: bigint }>(db, query)) {
      const same = asked.get(Number(row.chart));
      if (same === undefined) continue;
      const about = { itemId: row.i, record: row.k, recordType: row.t, position: row.p, note: noteOf(same) };
      const seen = { origin: 'relation', category: 'duplicate-patient', code: 'SAME_PERSON' } as const;
      yield { found: finding({ ...about, ...seen }), dataset: row.ds, items: [touched(row)] };
    }
  }
  if (more > 0) yield* manyMore(db, more);
}

async function* manyMore(db: DuckDBConnection, more: number): AsyncGenerator<Relation> {
  for await (const { ds } of rowsOf<{ ds: number }>(db, 'select min(ds) ds from person')) {
    const note = `${more} more charts are of persons who have another one`;
    const seen = { origin: 'relation', category: 'duplicate-patient', code: 'SAME_PERSONS_MANY', note } as const;
    yield { found: finding({ position: 'all datasets', ...seen }), dataset: ds, items: [] };
  }
}

async function* beforeBirth(db: DuckDBConnection): AsyncGenerator<Relation> {
  const query = `with born as (select s, a, min(y) birth from relation where r = 'patient' and y is not null
      group by s, a), told as (select * from relation where r = 'child' and y is not null)
    select ds, i, b, x k, u t, '' p, a, f from told join born using (s, a)
    where left(y, least(length(y), length(birth))) < left(birth, least(length(y), length(birth)))
    order by ds, n, o`;
  for await (const row of rowsOf<Line & { f: string }>(db, query)) {
    const note = 'it is dated before the birth of the patient';
    const about = { itemId: row.i, record: row.k, recordType: row.t, position: row.p, field: row.f };
    const seen = { origin: 'relation', category: 'content-implausible', code: 'BEFORE_BIRTH', note } as const;
    yield { found: finding({ ...about, ...seen }), dataset: row.ds, items: [touched(row)] };
  }
}

/** Datasets that tell of at least this many patients, none of them known, name patients in some other way. */
const STRANGERS_MIN = 20;

async function* orphans(db: DuckDBConnection, scope: string): AsyncGenerator<Relation> {
  await db.run(`create table patient as select distinct k from relation where r = 'patient' and s = '${scope}'`);
  if ((await countOf(db, 'select count(*) from patient')) === 0) return;
  await db.run(`create table child as select *, a in (select k from patient) known from relation
    where r = 'child' and s = '${scope}'`);
  await db.run(`create table stranger as select ds, min(b) b, count(distinct a) patients from child group by ds
    having count(*) filter (known) = 0 and count(distinct a) >= ${STRANGERS_MIN}`);
  yield* strangers(db);
  const query = `select ds, b, i, a, sum(c) records, arg_min(k, (n, o)) k, arg_min(t, (n, o)) t, arg_min(p, (n, o)) p
    from child where not known and ds not in (select ds from stranger) group by ds, b, i, a
    order by ds, min(n), min(o)`;
  for await (const row of rowsOf<Line & { records: number | bigint }>(db, query)) {
    const note = `${row.records} records belong to a patient whom no dataset of the migration brings`;
    const about = { itemId: row.i, record: row.k, recordType: row.t, position: row.p };
    const seen = { origin: 'relation', category: 'orphan', code: 'PATIENT_UNKNOWN', note } as const;
    yield { found: finding({ ...about, ...seen }), dataset: row.ds, items: [touched(row)] };
  }
}

async function* strangers(db: DuckDBConnection): AsyncGenerator<Relation> {
  const query = 'select ds, patients from stranger order by ds';
  for await (const { ds, patients } of rowsOf<{ ds: number; patients: bigint }>(db, query)) {
    const note = `none of the ${patients} patients its records belong to is brought by a dataset of the migration`;
    const seen = { origin: 'relation', category: 'orphan', code: 'PATIENTS_ALL_UNKNOWN', note } as const;
    yield { found: finding({ position: `dataset ${ds}`, ...seen }), dataset: ds, items: [] };
  }
}

function touched({ i, b }: Line): Relation['items'][number] {
  return { itemId: i, batchId: b };
}
