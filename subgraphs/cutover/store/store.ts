/** The store of cutover, as the runtime opens it. */
import type { StoreDefinition } from '../../../runtime/store.ts';
import { migrations } from './migrations/index.ts';
import { AcceptanceCopy, BatchCopy, Cutover, DatasetCopy, Decision, ExceptionCopy, Gate, Vote } from './tables.ts';

export const cutoverStore: StoreDefinition = {
  subgraph: 'cutover',
  entities: [Cutover, AcceptanceCopy, DatasetCopy, BatchCopy, ExceptionCopy, Gate, Decision, Vote],
  migrations,
};
