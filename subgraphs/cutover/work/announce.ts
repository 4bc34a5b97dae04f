/** What cutover tells the other subgraphs and the record office: ids, codes and digests only. */
import { announcer } from '../../../runtime/announce.ts';
import { CUTOVER } from './context.ts';

export type { Act, Fact } from '../../../runtime/announce.ts';
export const { entryOf, refusalEntry, eventOf } = announcer('cutover', CUTOVER);
