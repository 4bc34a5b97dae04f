/** The store of audit, as the runtime opens it. */
import type { StoreDefinition } from '../../../runtime/store.ts';
import { migrations } from './migrations/index.ts';
import { EvidencePackRow, ExceptionRow, LogEntry, LogHead, LogStage, StageRow } from './tables.ts';

export const auditStore: StoreDefinition = {
  subgraph: 'audit',
  entities: [LogHead, LogStage, LogEntry, StageRow, ExceptionRow, EvidencePackRow],
  migrations,
};
