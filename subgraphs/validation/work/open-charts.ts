/** Opens charts at the targets, as whoever works there does: drawn ones of all patients that landed. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { isFault } from '../../../kernel/fault.ts';
import {
  askedOf,
  type ChartJudgement,
  type DueRecord,
  HIGH_RISK_CHARTS,
  isVisited,
  judgeChart,
  NOT_OPEN,
  OPENED_CHARTS,
  type ShownRecord,
} from '../checks/opened-chart.ts';
import { finding } from '../domain/finding.ts';
import { NOTHING_ASKED, type WorkflowCounts, type WorkflowLine, workflowLine } from '../domain/workflow.ts';
import { type ChartDraw, type DrawnCharts, drawPatients, type LandedPatient } from './draw-charts.ts';
import type { Relation } from './relations.ts';
import { EncountersAtTarget } from './resolve-encounters.ts';
import { rowsOf } from './rows.ts';
import { parseRecord, type Target, withTarget } from './target.ts';
import type { RelatedDataset } from './unexpected.ts';

export interface ChartsToOpen extends ChartDraw {
  readonly datasets: readonly RelatedDataset[];
  readonly signal: AbortSignal;
}

/** Charts that are opened before the next are looked up. */
const CHARTS_AT_ONCE = 100;
/** Records of one chart that are held against what is due; a chart that shows more is judged by these. */
const SHOWN_MAX = 50_000;
const SHOWS_NONE = 'the target shows no charts';
const OPENS_NO_MORE = 'the policy opens no more of them';
const CHECKS = [...Object.keys(OPENED_CHARTS), HIGH_RISK_CHARTS.id];

/** The datasets that went to one target, and what its charts came to. */
interface AtTarget {
  readonly ordinal: number;
  readonly group: readonly RelatedDataset[];
  /** By check. */
  readonly counts: Map<string, WorkflowCounts>;
  /** Why what was not asked was not. */
  why: string;
}

/**
 * Findings about patients; the charts of all batches must be laid out (see loadKept). Which charts were opened is laid
 * out beside them, for the assurance of what is in them: `chart` (target, patient, the batch that brought him, the
 * checks that failed, whether it is one of high risk) and `at_target` (dataset, target).
 */
export class OpenedCharts {
  readonly #of: ChartsToOpen;
  readonly #db: DuckDBConnection;
  readonly #targets: readonly AtTarget[];

  constructor(db: DuckDBConnection, of: ChartsToOpen) {
    this.#db = db;
    this.#of = of;
    const targets = Map.groupBy(of.datasets, ({ plan }) => canonicalJson(plan.target));
    this.#targets = [...targets.values()].map((group, ordinal) => ({
      ...{ ordinal, group, counts: new Map(), why: OPENS_NO_MORE },
    }));
  }

  async *faults(): AsyncGenerator<Relation> {
    const { house, signal } = this.#of;
    await this.#db.run('create table chart (g integer, u varchar, b varchar, failed varchar, risky boolean)');
    await this.#db.run('create table at_target (ds integer, g integer)');
    for (const at of this.#targets) {
      const ordinals = ordinalsOf(at);
      await this.#db.run(`insert into at_target select unnest([${ordinals}]), ${at.ordinal}`);
      const [first] = at.group;
      const drawn = await drawPatients(this.#db, at.group, this.#of);
      const { patients } = drawn;
      if (first === undefined || patients.length === 0) continue;
      const found: Relation[] = [];
      await withTarget(house, first.plan, signal, async (target) => {
        for (let from = 0; from < patients.length; from += CHARTS_AT_ONCE) {
          const some = patients.slice(from, from + CHARTS_AT_ONCE);
          const due = await this.#due(at, some);
          if (target.listing?.chart === undefined) countUnopened(at, some, due);
          else found.push(...(await this.#open(target, at, { ...drawn, patients: some }, due)));
        }
        if (target.listing?.chart === undefined) at.why = SHOWS_NONE;
        countHighRisk(at, drawn, new Set(found.flatMap(({ found: { record } }) => record ?? [])));
      });
      yield* found;
    }
  }

  /** One a target and check. */
  lines(): readonly WorkflowLine[] {
    return this.#targets.flatMap(({ group, counts, why }) =>
      CHECKS.map((check) => workflowLine(aboutTarget(check, group), counts.get(check) ?? NOTHING_ASKED, why)),
    );
  }

  async #open(
    target: Target,
    at: AtTarget,
    { patients, highRisk }: DrawnCharts,
    due: Due,
  ): Promise<readonly Relation[]> {
    const { signal } = this.#of;
    const types = await this.#types(at);
    const ids = await idsOf(target, patients, signal);
    const visits = [...due.values()].flat().flatMap((each) => (isVisited(each) ? (each.encounter ?? []) : []));
    const encounters = await EncountersAtTarget.lookUp(target, new Set(visits), signal);
    const found: Relation[] = [];
    for (const patient of patients) {
      signal.throwIfAborted();
      const shown = await shownIn(target, ids.get(patient.k), types, signal);
      const judged =
        shown === undefined ? NOT_OPEN : await this.#judge(patient.k, due.get(patient.k) ?? [], shown, encounters);
      count(at, judged);
      const failed = [...new Set(judged.faults.map(({ check }) => check))].toSorted().join(', ');
      const batchId = at.group.find(({ dataset }) => dataset.ordinal === patient.ds)?.batch.id ?? '';
      const seenIn = [at.ordinal, patient.k, batchId, failed || null, highRisk.has(patient.k)];
      await this.#db.run('insert into chart values ($1, $2, $3, $4, $5)', seenIn);
      for (const { code, note } of judged.faults) {
        // Several things may be wrong with one chart: each is an exception of its own.
        const about = { itemId: patient.i, record: patient.k, recordType: 'Patient', field: `chart.${code}` };
        const seen = { origin: 'workflow', category: 'workflow-failed', code, note } as const;
        const items = [{ itemId: patient.i, batchId }];
        found.push({ found: finding({ ...about, ...seen, position: patient.p }), dataset: patient.ds, items });
      }
    }
    return found;
  }

  async #judge(
    patient: string,
    due: readonly DueRecord[],
    shown: readonly ShownRecord[],
    encounters: EncountersAtTarget,
  ): Promise<ChartJudgement> {
    const own = new Set(due.map(({ type, key }) => `${type} ${key}`));
    const strange = shown.filter(({ type, key }) => key !== undefined && !own.has(`${type} ${key}`));
    const others = new Set<string>();
    for (const { type, key } of strange) {
      // What hangs on another patient than it ought to is told by that already.
      const query = 'select 1 from kept where t = $1 and k = $2 and u is not null and u <> $3 and x is null limit 1';
      const found = await this.#db.runAndReadAll(query, [type, key ?? '', patient]);
      if (found.currentRowCount > 0) others.add(`${type} ${key}`);
    }
    const visited = new Set(due.flatMap((each) => (isVisited(each) ? [`${each.type} ${each.key}`] : [])));
    const followed: ShownRecord[] = [];
    for (const each of shown) {
      const isFollowed = each.resource !== undefined && visited.has(`${each.type} ${each.key}`);
      followed.push(isFollowed ? { ...each, ledTo: await encounters.ledTo(each.resource) } : each);
    }
    return judgeChart(due, followed, ({ type, key }) => others.has(`${type} ${key}`));
  }

  async #types(at: AtTarget): Promise<readonly string[]> {
    const query = `select distinct t from kept where u is not null and t <> 'Patient' and ds in (${ordinalsOf(at)})
      order by t`;
    const types: string[] = [];
    for await (const { t } of rowsOf<{ t: string }>(this.#db, query)) types.push(t);
    return types;
  }

  /** By patient, what arrived and hangs on him. */
  async #due(at: AtTarget, patients: readonly LandedPatient[]): Promise<Due> {
    await this.#db.run('create or replace table opened (u varchar)');
    for (const { k } of patients) await this.#db.run('insert into opened values ($1)', [k]);
    const ordinals = ordinalsOf(at);
    const query = `with visits as (select distinct k from kept
        where t = 'Encounter' and x is null and ds in (${ordinals}))
      select kept.u, kept.t, kept.k, any_value(visits.k) e,
        any_value(kept.m) m from kept semi join opened using (u)
      left join visits on visits.k = kept.e
      where kept.x is null and kept.t <> 'Patient' and kept.ds in (${ordinals})
      group by kept.u, kept.t, kept.k order by kept.u, kept.t, kept.k`;
    const due = new Map<string, DueRecord[]>();
    type Row = { u: string; t: string; k: string; e: string | null; m: string | null };
    for await (const { u, t: type, k: key, e: encounter, m: date } of rowsOf<Row>(this.#db, query)) {
      const records = due.get(u) ?? [];
      records.push({ type, key, encounter, date });
      due.set(u, records);
    }
    return due;
  }
}

type Due = ReadonlyMap<string, readonly DueRecord[]>;

export function aboutTarget(
  check: string,
  group: readonly RelatedDataset[],
): Pick<WorkflowLine, 'check' | 'connector' | 'datasets'> {
  const datasets = [...new Set(group.map(({ dataset }) => dataset.name))];
  return { check, connector: group[0]?.plan.target.connector ?? '', datasets };
}

function count({ counts }: AtTarget, { asked, faults }: ChartJudgement): void {
  for (const check of asked) {
    const before = counts.get(check) ?? NOTHING_ASKED;
    const failed = faults.some((fault) => fault.check === check) ? 1 : 0;
    counts.set(check, { ...before, asked: before.asked + 1, failed: before.failed + failed });
  }
}

/** What would have been asked of charts that the target does not show. */
function countUnopened({ counts }: AtTarget, patients: readonly LandedPatient[], due: Due): void {
  for (const { k } of patients) {
    for (const check of askedOf(due.get(k) ?? [])) {
      const before = counts.get(check) ?? NOTHING_ASKED;
      counts.set(check, { ...before, notVerifiable: before.notVerifiable + 1 });
    }
  }
}

/** Those whom the target shows no charts of are left out as well as those beyond the limit. */
function countHighRisk({ counts, why }: AtTarget, drawn: DrawnCharts, failed: ReadonlySet<string>): void {
  const { highRisk, leftOut } = drawn;
  const opened = why === SHOWS_NONE ? [] : [...highRisk];
  counts.set(HIGH_RISK_CHARTS.id, {
    asked: opened.length,
    failed: opened.filter((key) => failed.has(key)).length,
    notVerifiable: highRisk.size - opened.length + leftOut,
  });
}

function ordinalsOf({ group }: AtTarget): string {
  return [...new Set(group.map(({ dataset }) => dataset.ordinal))].join(', ');
}

/** The target's ids of patients; of two that carry one key, the first that is found. */
async function idsOf(
  { listing }: Target,
  patients: readonly LandedPatient[],
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
