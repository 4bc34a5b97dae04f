/** The private host of connectors. */
export { openConnectorHost, type ConnectorHost, type ConnectorSummary, type HostOptions } from './host.ts';
export type { EndpointSettings } from './settings.ts';
export type { Source } from '../sdk/index.ts';
export { GUARD_LIMITS, type GuardLimits } from './limits.ts';
export { fileSpool } from './spool.ts';
export {
  approvedBytes,
  readLock,
  reviewed,
  saveLock,
  soundApprovals,
  type Approvals,
  type LockedPackage,
  type PluginsLock,
} from './approve.ts';
export { locate } from './load.ts';
export { ISOLATION_LEVELS, type IsolationLevel } from './isolate/level.ts';
