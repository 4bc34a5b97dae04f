/** What a map's rules are compiled against, with or without somebody who watches. */
import type { LineageMap } from './language.ts';
import type { RuleHouse } from './rules.ts';
import type { Source } from './source.ts';
import type { Tracer } from './trace.ts';

export function houseOf<Scope>(
  source: Source<Scope>,
  map: LineageMap,
  zone: (scope: Scope) => string | undefined,
  tracer: Tracer | undefined,
): RuleHouse<Scope> {
  return { source, taken: tracer?.source(source) ?? source, map, zone, pending: [], tracer };
}
