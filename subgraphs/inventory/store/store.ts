/** The store of inventory, as the runtime opens it. */
import type { StoreDefinition } from '../../../runtime/store.ts';
import { migrations } from './migrations/index.ts';
import { Dataset, Endpoint, Exclusion, Item, LineageApproval, Migration, ReadinessLine, System } from './tables.ts';

export const inventoryStore: StoreDefinition = {
  subgraph: 'inventory',
  entities: [Migration, System, Endpoint, Dataset, Item, Exclusion, LineageApproval, ReadinessLine],
  migrations,
};
