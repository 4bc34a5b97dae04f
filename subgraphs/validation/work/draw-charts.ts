/** Draws the patients whose charts are opened at a target: the same for the same migration and key of the house. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { keyedDigest } from '../../../kernel/digest.ts';
import { type Tier, TIERS } from '../../../kernel/tier.ts';
import type { ChartsByTier } from '../domain/category.ts';
import { anyOf } from '../domain/selection.ts';
import { readLines } from '../../../runtime/strongroom.ts';
import type { House } from './house.ts';
import type { SurveyedLine } from './listed-items.ts';
import { rowsOf } from './rows.ts';
import type { RelatedDataset } from './unexpected.ts';

/** A patient who landed: key, the place of the dataset in the plan, item, and place in it. */
export interface LandedPatient {
  readonly k: string;
  readonly ds: number;
  readonly i: string;
  readonly p: string;
}

export interface ChartDraw {
  readonly house: House;
  readonly migrationId: string;
  /** How many are drawn, or which. */
  readonly charts: ChartPlan | ReadonlySet<string>;
}

export interface ChartPlan {
  readonly tiers: ChartsByTier;
  /** Patients of whom an item at such a path holds something are of high risk; see the policy of samples. */
  readonly highRisk: readonly string[];
}

export interface DrawnCharts {
  readonly patients: readonly LandedPatient[];
  /** Keys of those that are of high risk, and how many more there are than are opened. */
  readonly highRisk: ReadonlySet<string>;
  readonly leftOut: number;
}

/** Of the patients that landed at one target. */
export async function drawPatients(
  db: DuckDBConnection,
  group: readonly RelatedDataset[],
  of: ChartDraw,
): Promise<DrawnCharts> {
  const { charts } = of;
  const ordinals = [...new Set(group.map(({ dataset }) => dataset.ordinal))].join(', ');
  if (!isPlan(charts)) {
    const query = `select k, ds, i, p from landed where t = 'Patient' and ds in (${ordinals}) order by k`;
    const patients: LandedPatient[] = [];
    for await (const row of rowsOf<LandedPatient>(db, query)) if (charts.has(row.k)) patients.push(row);
    return { patients, highRisk: new Set(), leftOut: 0 };
  }
  if (Object.values(charts.tiers).every((count) => count === 0)) return NOBODY;
  await findRisky(db, group, charts.highRisk, of);
  const tiers = group.map(({ dataset: { ordinal, tier } }) => `(${ordinal}, '${tier}')`).join(', ');
  const query = `with held as (select case when t = 'Patient' then k else u end k, tier, risky.i is not null risky
      from kept join (values ${tiers}) as tiers(ds, tier) using (ds) left join risky using (i))
    select l.k, l.ds, l.i, l.p, string_agg(distinct tier, ',') tiers, bool_or(risky) risky
    from landed l join held using (k) where l.t = 'Patient' and l.ds in (${ordinals})
    group by l.k, l.ds, l.i, l.p order by l.k`;
  const drawn = new Map(TIERS.map((tier) => [tier, new Lowest(charts.tiers[tier])]));
  const risky = new Lowest(charts.tiers.highRiskMax);
  for await (const { tiers: held, risky: isRisky, ...patient } of rowsOf<HeldRow>(db, query)) {
    const about = { purpose: 'charts', migration: of.migrationId, patient: patient.k };
    const rank = keyedDigest(of.house.keys.record, canonicalJson(about));
    for (const tier of held.split(',')) drawn.get(tier as Tier)?.add(rank, patient);
    if (isRisky) risky.add(rank, patient);
  }
  await db.run('drop table risky');
  const highRisk = risky.end();
  const all = [...highRisk, ...[...drawn.values()].flatMap((each) => each.end())];
  const patients = [...new Map(all.map((patient) => [patient.k, patient])).values()];
  return { patients, highRisk: new Set(highRisk.map(({ k }) => k)), leftOut: risky.count - highRisk.length };
}

const NOBODY: DrawnCharts = { patients: [], highRisk: new Set(), leftOut: 0 };

type HeldRow = LandedPatient & { readonly tiers: string; readonly risky: boolean };

function isPlan(charts: ChartDraw['charts']): charts is ChartPlan {
  return 'tiers' in charts;
}

const ITEMS_AT_ONCE = 1_000;

/** Lays out the items that the policy calls high-risk. */
async function findRisky(
  db: DuckDBConnection,
  group: readonly RelatedDataset[],
  patterns: readonly string[],
  { house }: ChartDraw,
): Promise<void> {
  await db.run('create table risky (i varchar)');
  if (patterns.length === 0) return;
  const isRisky = anyOf(patterns);
  const surveys = new Set(group.flatMap(({ dataset, batch }) => batch.survey ?? dataset.survey ?? []));
  const found: string[] = [];
  for (const digest of surveys) {
    for await (const { itemId, path } of readLines<SurveyedLine>(house.strongroom, digest))
      if (isRisky(path)) found.push(itemId);
  }
  for (let from = 0; from < found.length; from += ITEMS_AT_ONCE) {
    const some = found.slice(from, from + ITEMS_AT_ONCE);
    await db.run(`insert into risky values ${some.map((_, at) => `($${at + 1})`).join(', ')}`, some);
  }
}

/** Lowest ranks are sorted out once so many more than needed have been gathered. */
const GATHERED_MAX = 1_000;

/** Those with the lowest ranks, up to a limit, and how many there were. */
class Lowest {
  readonly #limit: number;
  #some: { readonly rank: string; readonly patient: LandedPatient }[] = [];
  count = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(rank: string, patient: LandedPatient): void {
    this.count += 1;
    this.#some.push({ rank, patient });
    if (this.#some.length >= this.#limit + GATHERED_MAX) this.#sort();
  }

  end(): readonly LandedPatient[] {
    this.#sort();
    return this.#some.map(({ patient }) => patient);
  }

  #sort(): void {
    this.#some = this.#some.toSorted((left, right) => (left.rank < right.rank ? -1 : 1)).slice(0, this.#limit);
  }
}
