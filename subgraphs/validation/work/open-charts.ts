/** Opens charts at the targets, as whoever works there does: drawn ones of all patients that landed. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { keyedDigest } from '../../../kernel/digest.ts';
import { isFault } from '../../../kernel/fault.ts';
import {
  type ChartCheck,
  type ChartJudgement,
  type DueRecord,
  judgeChart,
  NOT_OPEN,
  OPENED_CHARTS,
  type ShownRecord,
} from '../checks/opened-chart.ts';
import { finding } from '../domain/finding.ts';
import type { House } from './house.ts';
import type { Relation } from './relations.ts';
import { rowsOf } from './rows.ts';
import { parseRecord, type Target, withTarget } from './target.ts';
import type { RelatedDataset } from './unexpected.ts';

export interface ChartsToOpen {
  readonly house: House;
  readonly migrationId: string;
  readonly datasets: readonly RelatedDataset[];
  /** How many are drawn, or which. */
  readonly charts: number | ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** What one check came to. `not-verifiable`: the target shows no charts. */
export interface WorkflowLine {
  readonly check: string;
  readonly asked: number;
  readonly failed: number;
  readonly verdict: 'passed' | 'failed' | 'not-asked' | 'not-verifiable';
}

/** Charts that are opened before the next are looked up. */
const CHARTS_AT_ONCE = 100;
/** Records of one chart that are held against what is due; a chart that shows more is judged by these. */
const SHOWN_MAX = 50_000;

interface Patient {
  readonly k: string;
  readonly ds: number;
  readonly i: string;
  readonly p: string;
}

/** Findings about patients; the charts of all batches must be laid out (see loadKept). */
export class OpenedCharts {
  readonly #of: ChartsToOpen;
  readonly #db: DuckDBConnection;
  readonly #counts = new Map<ChartCheck, { asked: number; failed: number }>();
  #hasTargetWithout = false;

  constructor(db: DuckDBConnection, of: ChartsToOpen) {
    this.#db = db;
    this.#of = of;
  }

  async *faults(): AsyncGenerator<Relation> {
    const { datasets, charts, house, signal } = this.#of;
    if (charts === 0) return;
    const targets = Map.groupBy(datasets, ({ plan }) => canonicalJson(plan.target));
    for (const group of targets.values()) {
      const [first] = group;
      const patients = await this.#drawn(group);
      if (first === undefined || patients.length === 0) continue;
      const found: Relation[] = [];
      await withTarget(house, first.plan, signal, async (target) => {
        if (target.listing?.chart === undefined) {
          this.#hasTargetWithout = true;
          return;
        }
        for (let at = 0; at < patients.length; at += CHARTS_AT_ONCE)
          found.push(...(await this.#open(target, group, patients.slice(at, at + CHARTS_AT_ONCE))));
      });
      yield* found;
    }
  }

  lines(): readonly WorkflowLine[] {
    return Object.keys(OPENED_CHARTS).map((check): WorkflowLine => {
      const { asked, failed } = this.#counts.get(check as ChartCheck) ?? { asked: 0, failed: 0 };
      const none = this.#hasTargetWithout ? 'not-verifiable' : 'not-asked';
      return { check, asked, failed, verdict: asked === 0 ? none : failed > 0 ? 'failed' : 'passed' };
    });
  }

  /** The same charts for the same migration and key of the house, whatever else there is. */
  async #drawn(group: readonly RelatedDataset[]): Promise<readonly Patient[]> {
    const { charts, house, migrationId } = this.#of;
    const query = `select k, ds, i, p from landed where t = 'Patient' and ds in (${ordinalsOf(group)}) order by k`;
    if (typeof charts !== 'number') {
      const named: Patient[] = [];
      for await (const row of rowsOf<Patient>(this.#db, query)) if (charts.has(row.k)) named.push(row);
      return named;
    }
    let drawn: { readonly rank: string; readonly patient: Patient }[] = [];
    const keepLowest = (): void => {
      drawn = drawn.toSorted((left, right) => (left.rank < right.rank ? -1 : 1)).slice(0, charts);
    };
    for await (const patient of rowsOf<Patient>(this.#db, query)) {
      const of = { purpose: 'charts', migration: migrationId, patient: patient.k };
      drawn.push({ rank: keyedDigest(house.keys.record, canonicalJson(of)), patient });
      if (drawn.length >= 2 * charts + CHARTS_AT_ONCE) keepLowest();
    }
    keepLowest();
    return drawn.map(({ patient }) => patient);
  }

  async #open(target: Target, group: readonly RelatedDataset[], patients: readonly Patient[]): Promise<Relation[]> {
    const { signal } = this.#of;
    const types = await this.#types(group);
    const due = await this.#due(group, patients);
    const ids = await idsOf(target, patients, signal);
    const found: Relation[] = [];
    for (const patient of patients) {
      signal.throwIfAborted();
      const shown = await shownIn(target, ids.get(patient.k), types, signal);
      const judged = shown === undefined ? NOT_OPEN : await this.#judge(patient.k, due.get(patient.k) ?? [], shown);
      this.#count(judged);
      for (const { code, note } of judged.faults) {
        // Several things may be wrong with one chart: each is an exception of its own.
        const about = { itemId: patient.i, record: patient.k, recordType: 'Patient', field: `chart.${code}` };
        const seen = { origin: 'workflow', category: 'workflow-failed', code, note } as const;
        const batchId = group.find(({ dataset }) => dataset.ordinal === patient.ds)?.batch.id ?? '';
        const items = [{ itemId: patient.i, batchId }];
        found.push({ found: finding({ ...about, ...seen, position: patient.p }), dataset: patient.ds, items });
      }
    }
    return found;
  }

  async #judge(patient: string, due: readonly DueRecord[], shown: readonly ShownRecord[]): Promise<ChartJudgement> {
    const own = new Set(due.map(({ type, key }) => `${type} ${key}`));
    const strange = shown.filter(({ type, key }) => key !== undefined && !own.has(`${type} ${key}`));
    const others = new Set<string>();
    for (const { type, key } of strange) {
      // What hangs on another patient than it ought to is told by that already.
      const query = 'select 1 from kept where t = $1 and k = $2 and u is not null and u <> $3 and x is null limit 1';
      const found = await this.#db.runAndReadAll(query, [type, key ?? '', patient]);
      if (found.currentRowCount > 0) others.add(`${type} ${key}`);
    }
    return judgeChart(due, shown, ({ type, key }) => others.has(`${type} ${key}`));
  }

  #count({ asked, faults }: ChartJudgement): void {
    for (const check of asked) {
      const counts = this.#counts.get(check) ?? { asked: 0, failed: 0 };
      counts.asked += 1;
      if (faults.some((fault) => fault.check === check)) counts.failed += 1;
      this.#counts.set(check, counts);
    }
  }

  async #types(group: readonly RelatedDataset[]): Promise<readonly string[]> {
    const query = `select distinct t from kept where u is not null and t <> 'Patient' and ds in (${ordinalsOf(group)})
      order by t`;
    const types: string[] = [];
    for await (const { t } of rowsOf<{ t: string }>(this.#db, query)) types.push(t);
    return types;
  }

  /** By patient, what arrived and hangs on him. */
  async #due(
    group: readonly RelatedDataset[],
    patients: readonly Patient[],
  ): Promise<ReadonlyMap<string, readonly DueRecord[]>> {
    await this.#db.run('create or replace table opened (u varchar)');
    for (const { k } of patients) await this.#db.run('insert into opened values ($1)', [k]);
    const ordinals = ordinalsOf(group);
    const query = `with visits as (select distinct k from kept
        where t = 'Encounter' and x is null and ds in (${ordinals}))
      select kept.u, kept.t, kept.k, any_value(visits.k) e from kept semi join opened using (u)
      left join visits on visits.k = kept.e
      where kept.x is null and kept.t <> 'Patient' and kept.ds in (${ordinals})
      group by kept.u, kept.t, kept.k order by kept.u, kept.t, kept.k`;
    const due = new Map<string, DueRecord[]>();
    type Row = { u: string; t: string; k: string; e: string | null };
    for await (const { u, t: type, k: key, e: encounter } of rowsOf<Row>(this.#db, query)) {
      const records = due.get(u) ?? [];
      records.push({ type, key, encounter });
      due.set(u, records);
    }
    return due;
  }
}

function ordinalsOf(group: readonly RelatedDataset[]): string {
  return [...new Set(group.map(({ dataset }) => dataset.ordinal))].join(', ');
}

/** The target's ids of patients; of two that carry one key, the first that is found. */
async function idsOf(
  { listing }: Target,
  patients: readonly Patient[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const wanted = patients.map(({ k }) => k);
  const ids = new Map<string, string>();
  for await (const { key, targetId } of listing?.recordsByKey?.('Patient', wanted, signal) ??
    listing?.records('Patient', signal) ??
    []) {
    if (key !== undefined && !ids.has(key)) ids.set(key, targetId);
  }
  return ids;
}

/** Undefined where the target knows no such patient, or will not show the chart. */
async function shownIn(
  { listing }: Target,
  targetId: string | undefined,
  types: readonly string[],
  signal: AbortSignal,
): Promise<readonly ShownRecord[] | undefined> {
  if (targetId === undefined) return undefined;
  const shown: ShownRecord[] = [];
  try {
    for await (const { targetId: id, key, content } of listing?.chart?.(targetId, types, signal) ?? []) {
      shown.push({ type: id.split('/')[0] ?? '', key, resource: content && parseRecord(content) });
      if (shown.length >= SHOWN_MAX) break;
    }
  } catch (error) {
    if (isFault(error) && NOT_SHOWN.includes(error.code)) return undefined;
    throw error;
  }
  return shown;
}

const NOT_SHOWN = ['ITEM_NOT_FOUND', 'ACCESS_DENIED', 'ITEM_REFUSED'];
