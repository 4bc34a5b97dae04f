/** The store of validation, as the runtime opens it. */
import type { StoreDefinition } from '../../../runtime/store.ts';
import { migrations } from './migrations/index.ts';
import { Batch, Dataset, ExceptionItem, ExceptionRow, ItemDisposition, Migration, Waiver } from './tables.ts';

export const validationStore: StoreDefinition = {
  subgraph: 'validation',
  entities: [Migration, Dataset, Batch, ExceptionRow, ExceptionItem, ItemDisposition, Waiver],
  migrations,
};
