/** The store of transfer, as the runtime opens it. */
import type { StoreDefinition } from '../../../runtime/store.ts';
import { migrations } from './migrations/index.ts';
import {
  Attempt,
  Batch,
  Crosswalk,
  Dataset,
  Decision,
  LaunchRequest,
  Migration,
  PackRow,
  ParcelRow,
  ReadinessCopy,
  StandingVersion,
} from './tables.ts';

export const transferStore: StoreDefinition = {
  subgraph: 'transfer',
  entities: [
    Migration,
    Dataset,
    ReadinessCopy,
    Batch,
    LaunchRequest,
    Decision,
    PackRow,
    Attempt,
    ParcelRow,
    Crosswalk,
    StandingVersion,
  ],
  migrations,
};
