/** Seeds every class of loss and defect, runs the real reconciliation and checks over all of it, and counts. */
import type { ExceptionRow } from '../../subgraphs/validation/store/tables.ts';
import { DIALECTS } from '../../test/support/stores.ts';
import type { DatasetGiven } from '../../test/validation/carrier.ts';
import { Rig } from '../../test/validation/rig.ts';
import { AT_SOURCE } from './at-source.ts';
import { AT_TARGET } from './at-target.ts';
import { type Chart, chartsOf, datasetsOf } from './charts.ts';
import { IN_CHARTS } from './in-charts.ts';
import type { Mutation } from './mutation.ts';

export const MUTATIONS: readonly Mutation[] = [...AT_SOURCE, ...AT_TARGET, ...IN_CHARTS];

export interface ClassFound {
  readonly name: string;
  readonly isCritical: boolean;
  readonly seeded: number;
  readonly found: number;
}

export interface Measured {
  readonly classes: readonly ClassFound[];
  /** Exceptions among the seeded charts that no mutation explains. */
  readonly unexplained: readonly string[];
  /** Of the same practice without a mutation: records and items looked at, and exceptions, each of them false. */
  readonly clean: { readonly units: number; readonly alarms: readonly string[] };
}

/** `each`: how many of every class; so many charts again stay as they are. */
export async function measureMutations(each: number): Promise<Measured> {
  const count = MUTATIONS.length * each + CHARTS_UNTOUCHED;
  const clean = await exceptionsOf('clean', datasetsOf(chartsOf(count)), () => {});
  const charts = chartsOf(count);
  const victims = MUTATIONS.map((mutation, at) => ({
    mutation,
    // The first charts stay as they are: a gap needs a message before it, and a stray record a patient to stray to.
    charts: charts.slice(CHARTS_UNTOUCHED / 2 + at * each, CHARTS_UNTOUCHED / 2 + (at + 1) * each),
  }));
  const onEach = (act: (mutation: Mutation, chart: Chart) => void): void => {
    for (const { mutation, charts: hit } of victims) for (const chart of hit) act(mutation, chart);
  };
  onEach((mutation, chart) => mutation.atSource?.(chart));
  const spoiled = await exceptionsOf('spoiled', datasetsOf(charts), (rig) =>
    onEach((mutation, chart) => mutation.atTarget?.(rig, chart)),
  );
  const explained = new Set<ExceptionRow>();
  const classes = victims.map(({ mutation, charts: hit }): ClassFound => {
    const found = hit.filter((chart) => {
      const rows = spoiled.rows.filter((row) => isAbout(row, mutation.about(chart)));
      for (const row of rows) explained.add(row);
      return rows.some(({ category }) => mutation.expects.includes(category));
    });
    return { name: mutation.name, isCritical: mutation.isCritical, seeded: hit.length, found: found.length };
  });
  return {
    classes,
    unexplained: namesOf(spoiled.rows.filter((row) => !explained.has(row))),
    clean: { units: clean.units, alarms: namesOf(clean.rows) },
  };
}

const CHARTS_UNTOUCHED = 10;
/** All of them. */
const CHARTS_OPENED = 10_000;

/** What is found where `spoil` did its worst after the delivery, and how much there was to look at. */
export async function exceptionsOf(
  name: string,
  datasets: readonly DatasetGiven[],
  spoil: (rig: Rig) => void,
): Promise<{ readonly rows: readonly ExceptionRow[]; readonly units: number }> {
  const [embedded] = DIALECTS;
  if (embedded === undefined) throw new Error('there is no database to run on');
  const place = await embedded.enter();
  try {
    const rig = await Rig.open(place, {
      name,
      policy: { validation: { patientLabels: ['MRN:'], charts: CHARTS_OPENED } },
    });
    await rig.carryAll(...datasets);
    spoil(rig);
    await rig.work();
    const records = [...rig.target.records.values()].reduce((sum, each) => sum + each.length, 0);
    return { rows: await rig.exceptions(), units: records + rig.target.files.size };
  } finally {
    await place.leave();
  }
}

export function isAbout({ sourceId, position }: ExceptionRow, keys: readonly string[]): boolean {
  return keys.some((key) => sourceId === key || (sourceId === null && position === key));
}

/** For people who look for the cause; never a key. */
export function namesOf(rows: readonly ExceptionRow[]): readonly string[] {
  return rows.map(({ category, code, recordType }) => `${category} ${code} ${recordType ?? ''}`.trim());
}
