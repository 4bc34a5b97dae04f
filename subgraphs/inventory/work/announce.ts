/** What inventory tells the other subgraphs and the record office: ids, codes and digests only. */
import { announcer } from '../../../runtime/announce.ts';
import { INVENTORY } from './context.ts';

export type { Act, Fact } from '../../../runtime/announce.ts';
export const { entryOf, refusalEntry, eventOf } = announcer('inventory', INVENTORY);
