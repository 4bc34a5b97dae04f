/** The store of validation, as the runtime opens it. */
import type { StoreDefinition } from '../../../runtime/store.ts';
import { FailedChart } from './failed-charts.ts';
import { GroupAct } from './group-acts.ts';
import { SignOffRow, WalkRow } from './acceptance-tables.ts';
import { Remedy } from './remedies.ts';
import { migrations } from './migrations/index.ts';
import {
  ApprovedPolicy,
  Batch,
  CauseRow,
  Dataset,
  ExceptionAct,
  ExceptionItem,
  ExceptionRow,
  ItemDisposition,
  Migration,
  Waiver,
} from './tables.ts';

export const validationStore: StoreDefinition = {
  subgraph: 'validation',
  entities: [
    Migration,
    ApprovedPolicy,
    Dataset,
    Batch,
    ExceptionRow,
    ExceptionAct,
    ExceptionItem,
    CauseRow,
    FailedChart,
    GroupAct,
    ItemDisposition,
    Remedy,
    SignOffRow,
    WalkRow,
    Waiver,
  ],
  migrations,
};
