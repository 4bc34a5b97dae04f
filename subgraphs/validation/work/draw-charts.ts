/** Draws the patients whose charts are opened at a target: the same for the same migration and key of the house. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { keyedDigest } from '../../../kernel/digest.ts';
import type { House } from './house.ts';
import { rowsOf } from './rows.ts';

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
  readonly charts: number | ReadonlySet<string>;
}

/** Lowest ranks are sorted out once so many more than needed have been gathered. */
const GATHERED_MAX = 1_000;

/** Of the patients that landed with the datasets at these places. */
export async function drawPatients(
  db: DuckDBConnection,
  ordinals: string,
  { charts, house, migrationId }: ChartDraw,
): Promise<readonly LandedPatient[]> {
  const query = `select k, ds, i, p from landed where t = 'Patient' and ds in (${ordinals}) order by k`;
  if (typeof charts !== 'number') {
    const named: LandedPatient[] = [];
    for await (const row of rowsOf<LandedPatient>(db, query)) if (charts.has(row.k)) named.push(row);
    return named;
  }
  let drawn: { readonly rank: string; readonly patient: LandedPatient }[] = [];
  const keepLowest = (): void => {
    drawn = drawn.toSorted((left, right) => (left.rank < right.rank ? -1 : 1)).slice(0, charts);
  };
  for await (const patient of rowsOf<LandedPatient>(db, query)) {
    const of = { purpose: 'charts', migration: migrationId, patient: patient.k };
    drawn.push({ rank: keyedDigest(house.keys.record, canonicalJson(of)), patient });
    if (drawn.length >= charts + GATHERED_MAX) keepLowest();
  }
  keepLowest();
  return drawn.map(({ patient }) => patient);
}
