/** Turns a lineage map into closures, once. */
import { brokenPromise } from '../../kernel/fault.ts';
import type { Lineage } from './lineage.ts';
import type { LineageMap } from './language.ts';

/** The map must come from parseLineage. */
export function compileLineage(map: LineageMap): Lineage {
  throw brokenPromise(`lineage ${map.name} cannot be compiled yet`);
}
