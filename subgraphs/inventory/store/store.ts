/** The store of inventory, as the runtime opens it. */
import type { StoreDefinition } from '../../../runtime/store.ts';
import { BandwidthChange } from './bandwidth-tables.ts';
import { migrations } from './migrations/index.ts';
import { Finding } from './finding-tables.ts';
import { LossReport } from './loss-tables.ts';
import { DatasetProfile } from './profile-tables.ts';
import { Confirmation, Hold, PolicyApproval } from './programme-tables.ts';
import { DriftItem, LateItem, SurveyDataset, SurveyLink, SurveyRun } from './survey-tables.ts';
import { Dataset, Endpoint, Exclusion, Item, LineageApproval, Migration, ReadinessLine, System } from './tables.ts';

export const inventoryStore: StoreDefinition = {
  subgraph: 'inventory',
  entities: [
    Migration,
    System,
    Endpoint,
    Dataset,
    Item,
    Exclusion,
    LineageApproval,
    ReadinessLine,
    Finding,
    LossReport,
    DatasetProfile,
    SurveyRun,
    SurveyDataset,
    DriftItem,
    SurveyLink,
    LateItem,
    PolicyApproval,
    Hold,
    Confirmation,
    BandwidthChange,
  ],
  migrations,
};
