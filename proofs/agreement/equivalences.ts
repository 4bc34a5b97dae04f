/**
 * One fact, said in two ways. Each way is named with its reason; whatever differs in any other way differs. What they
 * compare is the published output of others with ours: nothing here is used to move or to check a record.
 */
import type { Equivalence } from './equivalence.ts';
import { ELSEWHERE } from './same-elsewhere.ts';
import { RESTATED } from './same-restated.ts';
import { SPELLINGS } from './same-spelling.ts';

/** In the order in which they are asked. */
export const EQUIVALENCES: readonly Equivalence[] = [...SPELLINGS, ...ELSEWHERE, ...RESTATED];
