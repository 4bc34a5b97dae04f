/** What a target holds under our identifiers, or in our folders, that no source of the migration has. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { finding } from '../domain/finding.ts';
import type { ReadBackPlan } from '../domain/plan.ts';
import { selectionOf } from '../domain/selection.ts';
import type { Batch, Dataset } from '../store/tables.ts';
import type { House } from './house.ts';
import { countOf, rowsOf, tableOf } from './rows.ts';
import type { Relation } from './relations.ts';
import { ListedItems, SURVEYED } from './listed-items.ts';
import type { Spool } from './spool.ts';
import { type Target, withTarget } from './target.ts';

export interface RelatedDataset {
  readonly dataset: Dataset;
  readonly batch: Batch;
  readonly plan: ReadBackPlan;
  /** Whether records are made of its items; otherwise they pass through. */
  readonly isMapped: boolean;
}

export interface UnexpectedSearch {
  readonly house: House;
  readonly spool: Spool;
  readonly datasets: readonly RelatedDataset[];
  /** Sealed documents of other migrations in this house: what they brought is theirs. */
  readonly others: { readonly keys: readonly Sha256[]; readonly surveys: readonly Sha256[] };
  readonly signal: AbortSignal;
}

const KEYS = { t: 'VARCHAR', k: 'VARCHAR', x: 'VARCHAR' } as const;
const SEEN = { t: 'VARCHAR', k: 'VARCHAR', g: 'VARCHAR' } as const;

/** Lists every target of the migration once. Nothing is found where a target cannot list. */
export async function* findUnexpected(db: DuckDBConnection, search: UnexpectedSearch): AsyncGenerator<Relation> {
  const targets = Map.groupBy(search.datasets, ({ plan }) => canonicalJson(plan.target));
  let number = 0;
  for (const datasets of targets.values()) {
    number += 1;
    yield* atTarget(db, search, datasets, `t${number}`);
  }
}

async function* atTarget(
  db: DuckDBConnection,
  search: UnexpectedSearch,
  datasets: readonly RelatedDataset[],
  name: string,
): AsyncGenerator<Relation> {
  const [first] = datasets;
  if (first === undefined) return;
  await loadKeys(db, search, datasets, name);
  const types: string[] = [];
  for await (const { t } of rowsOf<{ t: string }>(db, `select distinct t from ${name}_key order by t`)) types.push(t);
  const items = datasets.some(({ isMapped }) => !isMapped) ? await ListedItems.in(search.spool, name) : undefined;
  await withTarget(search.house, first.plan, search.signal, (target) => list(search, target, { types, items, name }));
  const seen = await search.spool.file(`${name}.ndjson`);
  await seen.flush();
  await tableOf(db, `${name}_seen`, seen.isEmpty ? [] : [seen.path], SEEN);
  yield* strangeRecords(db, search, name);
  if (items !== undefined) yield* strangeItems(db, search, { datasets, items, name });
}

/** Which records the migration brings to this target, with their dataset. */
async function loadKeys(
  db: DuckDBConnection,
  { house }: UnexpectedSearch,
  datasets: readonly RelatedDataset[],
  name: string,
): Promise<void> {
  await db.run(`create table ${name}_key (t varchar, k varchar, ds integer)`);
  for (const { dataset, batch } of datasets) {
    if (batch.expectedKeys == null) continue;
    await tableOf(db, 'brought', [await house.strongroom.locate(batch.expectedKeys)], KEYS);
    await db.run(`insert into ${name}_key select t, k, ${dataset.ordinal} from brought
      where x is distinct from 'unmapped'`);
    await db.run('drop table brought');
  }
}

async function list(
  { spool, signal }: UnexpectedSearch,
  target: Target,
  what: { readonly types: readonly string[]; readonly items: ListedItems | undefined; readonly name: string },
): Promise<void> {
  const lines = await spool.file(`${what.name}.ndjson`);
  for (const t of what.types) {
    for await (const { key: k, targetId: g } of target.listing?.records(t, signal) ?? []) {
      if (k !== undefined) await lines.line({ t, k, g });
    }
  }
  if (what.items === undefined) return;
  for await (const { key: k, targetId: g } of target.listing?.items(signal) ?? []) {
    if (k !== undefined) await what.items.list({ k, g });
  }
}

async function* strangeRecords(db: DuckDBConnection, search: UnexpectedSearch, name: string): AsyncGenerator<Relation> {
  await db.run(`create table ${name}_strange as select t, k, min(g) g from ${name}_seen
    anti join ${name}_key using (t, k) group by t, k`);
  await withoutOthers(db, search, search.others.keys, KEYS, `${name}_strange`, 't, k');
  // Of several datasets of one type, the one that names its records alike is asked first.
  const query = `with named as (select distinct t, split_part(k, ':', 1) as kin, ds from ${name}_key)
    select s.t, s.k, s.g, coalesce(min(ds) filter (kin = split_part(s.k, ':', 1)), min(ds)) ds
    from ${name}_strange s join named using (t) group by s.t, s.k, s.g order by s.t, s.k`;
  for await (const { t, k, g, ds } of rowsOf<{ t: string; k: string; g: string; ds: number }>(db, query)) {
    yield unexpected({ record: k, recordType: t, targetId: g }, ds);
  }
}

async function* strangeItems(
  db: DuckDBConnection,
  search: UnexpectedSearch,
  of: { readonly datasets: readonly RelatedDataset[]; readonly items: ListedItems; readonly name: string },
): AsyncGenerator<Relation> {
  const stray = `${of.name}_stray`;
  const surveys = search.datasets.flatMap(({ dataset, batch }) => batch.survey ?? dataset.survey ?? []);
  await of.items.strays(db, search.house, surveys, stray);
  await withoutOthers(db, search, search.others.surveys, SURVEYED, stray, 'path');
  const selections = of.datasets
    .filter(({ isMapped }) => !isMapped)
    .map(({ dataset, plan }) => ({ ordinal: dataset.ordinal, selects: selectionOf(plan.select) }));
  const query = `select path, g from ${stray} order by path`;
  for await (const { path, g } of rowsOf<{ path: string; g: string }>(db, query)) {
    const owner = selections.find(({ selects }) => selects(path));
    if (owner !== undefined) yield unexpected({ record: path, recordType: null, targetId: g }, owner.ordinal);
  }
}

/** Takes away what another migration of this house brought; asked for only when there is something to take away. */
async function withoutOthers(
  db: DuckDBConnection,
  { house }: UnexpectedSearch,
  documents: readonly Sha256[],
  columns: typeof KEYS | typeof SURVEYED,
  table: string,
  on: string,
): Promise<void> {
  if (documents.length === 0 || (await countOf(db, `select count(*) from ${table}`)) === 0) return;
  const files = await Promise.all(documents.map((digest) => house.strongroom.locate(digest)));
  await tableOf(db, 'brought_elsewhere', files, columns);
  await db.run(`create or replace table ${table} as select * from ${table} anti join brought_elsewhere using (${on})`);
  await db.run('drop table brought_elsewhere');
}

function unexpected(
  what: { readonly record: string; readonly recordType: string | null; readonly targetId: string },
  dataset: number,
): Relation {
  const note = 'the target has it, and no source of the migration does';
  const seen = { origin: 'relation', category: 'unexpected-record', code: 'NOT_IN_SOURCE', note } as const;
  return { found: finding({ ...what, ...seen }), dataset, items: [] };
}
