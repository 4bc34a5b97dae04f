/** The connector contract: what a connector may be, say and fail with. Connectors move bytes; the host judges. */
export {
  CONNECTED,
  defineConnector,
  tellConnected,
  type Connector,
  type ConnectorContext,
  type Role,
  type Spool,
} from './connector.ts';
export { CODES, ConnectorError, isConnectorError, type ErrorClass, type ErrorCode, type Retry } from './error.ts';
export { unlessAborted } from './abort.ts';
export { settingsOf, type Settings, type TextSetting } from './settings.ts';
export { parseKeepingDigits } from './json.ts';
export { pathProblem, requireSafePath } from './path.ts';
export type { Capabilities } from './capabilities.ts';
export type { Item, Source } from './source.ts';
export { isKeyedByTag, SOURCE_SYSTEM, sourceKeyOf } from './source-key.ts';
export { FHIR_RECORDS, KEYED_RECORDS, type KeyedRecord } from './target.ts';
export type {
  Acknowledgement,
  Parcel,
  Receipt,
  Staged,
  Target,
  TargetListing,
  TargetRecord,
  Withheld,
} from './target.ts';
export type { StandardSchema } from './standard-schema.ts';
