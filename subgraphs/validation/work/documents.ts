/** The documents a reconciliation seals: target manifest, dispositions, relations, expected keys, and the report. */
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { DispositionCounts } from '../../../kernel/disposition.ts';
import { sealJson, sealLines } from '../../../runtime/strongroom.ts';
import { checksOf } from '../checks/catalogue.ts';
import { OWNER_ELEMENTS } from '../checks/chart.ts';
import type { Check } from '../domain/check.ts';
import type { ReadBack } from '../domain/disposition.ts';
import type { SamplingOutcome } from '../domain/sampling/outcome.ts';
import type { VerdictCounts } from '../domain/verdict.ts';
import { dispositionsAfter } from '../store/dispositions.ts';
import { type ExceptionTally, itemsInDoubt } from '../store/exceptions.ts';
import type { AssuranceCounts } from '../store/tables.ts';
import type { BatchTask } from './batch-work.ts';
import { itemsOf } from './items-of.ts';
import { relatePapers } from './papers.ts';
import { type Desk, UNNAMED_KEY } from './read-original.ts';
import { rowsByItem, sortedRowsOf } from './rows.ts';
import { ARRIVED, RELATIONS } from './scratch.ts';
import { scratchColumns } from './scratch-tables.ts';
import type { Totals } from './totals.ts';
import { dispositionLine } from './settle-batch.ts';

/** One line a parcel of bytes, with its digest; one a record, with a keyed digest of what it says. */
export async function sealTargetManifest(db: DuckDBConnection, desk: Desk): Promise<Sha256> {
  await scratchColumns(db, desk, 'arrived', ARRIVED);
  await db.run(`create table unlike_there as select e.n, e.o, e.i, a.g, a.z, a.d
    from expected e join (select distinct on (t, k, g) * from actual) a using (t, k)
    anti join (select n, o from superseded union select n, o from untold) gone on gone.n = e.n and gone.o = e.o
    where e.w`);
  const withPath = (table: string, some: (ordinal: string) => string): string =>
    `select e.n, e.o, e.i, item.p, e.g, e.z, null d, e.d h from ${table} e join item using (n)
      where ${some('e.n')} and ${some('item.n')}`;
  const query = (some: (ordinal: string) => string): string =>
    `select n, 0 o, i, p, g, z, d, null h from arrived where ${some('n')}
    union all ${withPath('agreed', some)} union all ${withPath('unlike_there', some)} order by n, o, g`;
  type Row = { i: string; p: string; g: string; z: number; d: string | null; h: string | null };
  const sorted = join(desk.spool.folder, 'manifest.sorted');
  async function* lines(): AsyncGenerator<Json> {
    for await (const { i, p, g, z, d, h } of rowsByItem<Row>(db, query, sorted)) {
      const digest = d !== null ? { sha256: d } : h !== null ? { keyedDigest: h } : { notDrawn: true };
      yield { itemId: i, path: p, targetId: g, sizeBytes: z, ...digest };
    }
  }
  return (await sealLines(desk.task.house.strongroom, lines())).digest;
}

export async function sealRelations(db: DuckDBConnection, desk: Desk): Promise<Sha256> {
  await relatePapers(db, desk);
  const names = Object.keys(RELATIONS.columns);
  const query = `select ${names.join(', ')} from relation order by n, o, r, k`;
  const rows = sortedRowsOf<{ [name: string]: Json }>(db, query, join(desk.spool.folder, 'relations.sorted'));
  return (await sealLines(desk.task.house.strongroom, rows)).digest;
}

/**
 * One line a record the batch expects: its type, key, item and place (t, k, i, p), the patient and the encounter it
 * hangs on (u, e), the date of a medication (m), and what became of it (x); see ArrivalState. Read back in a listing of
 * the target, or by receipt.
 */
export async function sealExpectedKeys(db: DuckDBConnection, desk: Desk, readBack: ReadBack): Promise<Sha256> {
  const veiled = readBack.withheld.filter((field) => OWNER_ELEMENTS.some((name) => field.endsWith(`.${name}`)));
  const types = [...new Set(veiled.map((field) => `'${field.split('.')[0] ?? ''}'`)), "''"].join(', ');
  const query = `with seen as (select t, k, list(distinct h) hs, bool_or(d is null) dark from actual group by t, k),
      due as (select t, k, arg_min(i, (n, o)) i, arg_min(p, (n, o)) p, arg_min(u, (n, o)) u, arg_min(e, (n, o)) e,
        arg_min(h, (n, o)) h, arg_min(m, (n, o)) m from awaited group by t, k)
    select t, k, i, p, u, e, m, case when s.t is null then 'gone'
        when h is null or dark or t in (${types}) or list_contains(hs, h) then null else 'elsewhere' end x
      from due left join seen s using (t, k)
    union all select t, k, i, p, u, e, m, case
        when h is null or t in (${types}) or ah = h then null else 'elsewhere' end x from agreed
    union all select t, k, min(i) i, min(p) p, min(u) u, min(e) e, min(m) m, 'unmapped' x from every_expected
      where not w and not regexp_matches(k, '${UNNAMED_KEY.source}') group by t, k
    order by t, k, x`;
  const sorted = join(desk.spool.folder, 'keys.sorted');
  async function* lines(): AsyncGenerator<Json> {
    for await (const line of sortedRowsOf<{ [name: string]: Json }>(db, query, sorted))
      yield Object.fromEntries(Object.entries(line).filter(([, value]) => value !== null));
  }
  return (await sealLines(desk.task.house.strongroom, lines())).digest;
}

const ROWS_PER_PAGE = 500;

/** One line an item, in the order of the survey. */
export async function sealDispositions(task: Pick<BatchTask, 'house' | 'batch'>): Promise<Sha256> {
  const { house, batch } = task;
  async function* lines(): AsyncGenerator<Json> {
    for (let ordinal = 0; ; ) {
      const { rows, doubts } = await house.store.read(async (em) => {
        const rows = await dispositionsAfter(em, batch.id, ordinal, ROWS_PER_PAGE);
        const ids = rows.map(({ itemId }) => itemId);
        return { rows, doubts: await itemsInDoubt(em, ids) };
      });
      for (const row of rows) yield dispositionLine(row, doubts.get(row.itemId) ?? []);
      const last = rows.at(-1);
      if (last === undefined) return;
      ordinal = last.ordinal;
    }
  }
  return (await sealLines(house.strongroom, lines())).digest;
}

/** One line an item that was moved again: by which remedy, and by which map it was expected. Null where none was. */
export async function sealMovedAgain(task: BatchTask): Promise<Sha256 | null> {
  const { house, batch, inputs } = task;
  if (batch.remedies == null) return null;
  const maps = new Map(batch.remedies.map(({ batchId, lineage = inputs.lineage }) => [batchId, lineage]));
  async function* lines(): AsyncGenerator<Json> {
    for await (const { itemId, path, movedBy } of itemsOf(task)) {
      if (movedBy !== null) yield { itemId, path, movedBy, lineage: maps.get(movedBy) ?? null };
    }
  }
  return (await sealLines(house.strongroom, lines())).digest;
}

export interface ReportFacts {
  readonly readBack: ReadBack;
  readonly verdicts: VerdictCounts;
  readonly dispositions: DispositionCounts;
  readonly assurance: AssuranceCounts;
  readonly exceptions: ExceptionTally;
  readonly totals: { readonly items: number; readonly bytes: number; readonly records: number };
  readonly sampling: SamplingOutcome;
  /** Records at the target that no migration of ours brought. */
  readonly foreign: number;
  readonly targetManifest: Sha256;
  readonly dispositionLines: Sha256;
  /** By kind of record, day and author; null where it brings no records. */
  readonly counted: Totals | null;
  /** Versions that others superseded, line by line; null where there are none. */
  readonly superseded: Sha256 | null;
  /** Items that remedies moved again, and by which map; null where there are none. */
  readonly movedAgain: Sha256 | null;
}

/** The report of one batch: what was asked, of what, how, and what came of it. The same facts give the same bytes. */
export function sealReport(task: BatchTask, facts: ReportFacts): Promise<Sha256> {
  const { migration, dataset, batch, inputs, survey, manifest, record, movedAt } = task;
  const { readBack, verdicts, dispositions, assurance, exceptions, totals, counted, foreign } = facts;
  const makesFhir = task.lineage === null || task.lineage.target === 'fhir-r4';
  const hasFhir = makesFhir || dataset.format === 'fhir';
  return sealJson(task.house.strongroom, {
    document: 'waybill reconciliation report',
    version: 1,
    migration: { id: migration.id, name: migration.name },
    dataset: { id: dataset.id, name: dataset.name, tier: dataset.tier, format: dataset.format },
    batch: batch.id,
    movedAt,
    inputs: {
      ...inputs,
      survey,
      manifest,
      record,
      ...(task.profile !== null && { profile: dataset.profile }),
      ...(batch.remedies != null && { remedies: batch.remedies }),
    } as unknown as Json,
    readBack: { ...readBack, connector: task.plan.target.connector },
    sampling: facts.sampling as unknown as Json,
    layers: {
      totals: {
        source: totals,
        target: { units: verdicts.target },
        ...(counted && { byDayAndAuthor: { groups: counted.groups, differing: counted.differing } }),
      },
      records: verdicts,
      fields: exceptions.categories,
    },
    recordsOfOthersAtTarget: foreign,
    dispositions: { ...dispositions },
    assurance: { ...assurance },
    exceptions: { total: exceptions.total, severities: exceptions.severities },
    checks: checksOf({ hasFhir, makesFhir }).map((check) => checkLine(check, exceptions)),
    documents: {
      ...{ targetManifest: facts.targetManifest, dispositions: facts.dispositionLines },
      ...(counted && { totals: counted.lines }),
      ...(facts.superseded !== null && { superseded: facts.superseded }),
      ...(facts.movedAgain !== null && { movedAgain: facts.movedAgain }),
    },
  });
}

function checkLine(check: Check, exceptions: ExceptionTally): Json {
  const { id, version, layer, method, requirements, categories, cannotSee } = check;
  const found = categories.reduce((sum, category) => sum + (exceptions.categories[category] ?? 0), 0);
  return { id, version, layer, method, requirements, categories, cannotSee, exceptionsOfCategories: found };
}
