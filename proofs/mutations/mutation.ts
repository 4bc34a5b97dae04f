/** One class of loss or defect: how it is seeded, and what must be said of it. */
import type { Category } from '../../subgraphs/validation/domain/category.ts';
import { change } from '../../test/validation/planted.ts';
import type { Rig } from '../../test/validation/rig.ts';
import type { Chart, Resource } from './charts.ts';

export interface Mutation {
  readonly name: string;
  /** Patient safety: every single one must be found. */
  readonly isCritical: boolean;
  readonly atSource?: (chart: Chart) => void;
  readonly atTarget?: (rig: Rig, chart: Chart) => void;
  /** Source keys or paths of which one must have an exception; what stands in no item is told by its place. */
  readonly about: (chart: Chart) => readonly string[];
  readonly expects: readonly Category[];
}

export const digitsOf = (chart: Chart): string => chart.mrn.slice(1);

/** The key of a FHIR resource of a chart, by type and the beginning of its id. */
export function keyOf(chart: Chart, type: string, prefix: string): string {
  return `${type}:${prefix}-${digitsOf(chart)}`;
}

type Change = (resource: Record<string, unknown>) => object;

/** Changes one resource of the chart at the source. */
export function inSource(
  type: string,
  prefix: string,
  how: Change,
  of: Partial<Mutation> = {},
): Pick<Mutation, 'about' | 'atSource'> {
  return {
    about: of.about ?? ((chart) => [keyOf(chart, type, prefix)]),
    atSource: (chart) => {
      const id = `${prefix}-${digitsOf(chart)}`;
      chart.resources = chart.resources.map((each) =>
        each.id === id ? ({ ...each, ...how(each) } as Resource) : each,
      );
    },
  };
}

/** Changes one record that has arrived. */
export function inTarget(type: string, prefix: string, how: Change): Pick<Mutation, 'about' | 'atTarget'> {
  return {
    about: (chart) => [keyOf(chart, type, prefix)],
    atTarget: (rig, chart) => change(rig, type, keyOf(chart, type, prefix), (it) => ({ ...it, ...how(it) })),
  };
}

/** The text of a record that has arrived, changed. */
export function textInTarget(
  type: string,
  prefix: string,
  how: (text: string, chart: Chart) => string,
): Pick<Mutation, 'about' | 'atTarget'> {
  return {
    about: (chart) => [keyOf(chart, type, prefix)],
    atTarget: (rig, chart) =>
      change(rig, type, keyOf(chart, type, prefix), (it) => JSON.parse(how(JSON.stringify(it), chart)) as object),
  };
}
