/** One rule on one row, for the properties of the transforms. */
import type { Draft } from '../../../records/lineage/draft.ts';
import type { LineageMap } from '../../../records/lineage/language.ts';
import type { Rule } from '../../../records/lineage/rule.ts';
import { compileRules } from '../../../records/lineage/rules.ts';
import type { Source } from '../../../records/lineage/source.ts';

export type Row = Readonly<Record<string, string | undefined>>;

const SOURCE: Source<Row> = {
  value:
    ({ path }) =>
    (row) =>
      row[path],
  each: () => () => [],
  ordinal: () => () => '1',
  position: (_row, path) => `at ${path ?? 'row'}`,
  instances: () => () => [],
};

export interface Made {
  readonly to: unknown;
  /** What a rule put at `kept`. */
  readonly kept?: unknown;
  /** `CODE at PATH` */
  readonly problems: readonly string[];
}

/** What one rule makes of a row; its target is `to`. */
export function make(rule: object, row: Row, more: Partial<LineageMap> = {}): Made {
  const map: LineageMap = { name: 'm', version: '1.0.0', format: 'delimited', critical: [], ...more };
  const whole = { to: 'to', from: 'A', ...rule } as Rule;
  const house = { source: SOURCE, taken: SOURCE, map, zone: () => map.zone, pending: [] };
  const draft: Draft = {};
  const problems: string[] = [];
  compileRules([whole], house)(row, draft, (_category, code, _why, path) => problems.push(`${code} at ${path}`));
  return { to: draft['to'], ...('kept' in draft ? { kept: draft['kept'] } : {}), problems };
}
