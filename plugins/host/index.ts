/** The private host of connectors. */
export { openConnectorHost, type ConnectorHost, type ConnectorSummary, type HostOptions } from './host.ts';
export type { EndpointSettings } from './settings.ts';
export { GUARD_LIMITS, type GuardLimits } from './limits.ts';
export { fileSpool } from './spool.ts';
