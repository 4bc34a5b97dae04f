/** Settings: the only reader of the process environment. */
import { resolve } from 'node:path';
import { Fault } from '../kernel/fault.ts';
import { sha256 } from '../kernel/digest.ts';
import { secretFile } from './keys.ts';

/** As in plugins/host/isolate/level.ts. */
const ISOLATION_LEVELS = ['child-process', 'namespaces'] as const;
type IsolationLevel = (typeof ISOLATION_LEVELS)[number];

export interface Config {
  /** PostgreSQL, when given; otherwise SQLite inside `directory`. */
  readonly databaseUrl: string | undefined;
  /** Where everything that is kept on disk lives. */
  readonly directory: string;
  readonly port: number;
  /** What a third-party connector may take for each endpoint; undefined: as the host has it. */
  readonly lent: {
    readonly spoolMaxBytes: number | undefined;
    readonly wireMaxBytes: number | undefined;
    readonly connectionsPerMinuteMax: number | undefined;
  };
  /** Package names of connectors to load; there is no scanning. */
  readonly connectors: readonly string[];
  /** What third-party connectors must at least be kept apart by, or they are not started. */
  readonly isolationLeast: IsolationLevel;
  /** Signs requests between gateway and subgraphs: from WAYBILL_REQUEST_KEY, or made once in `directory`/keys. */
  readonly requestKey: Uint8Array;
  /** What somebody without an identity may do. */
  readonly anonymous: 'refused' | 'reader';
  /** How much of the caps on house and migration this process may use, above 0 to 1; undefined: by its parts. */
  readonly bandwidthShare: number | undefined;
  environment(name: string): string | undefined;
}

export type ConfigOverrides = Partial<Omit<Config, 'environment' | 'directory'>> & {
  readonly directory?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
};

const PORT_DEFAULT = 4000;
const DIRECTORY_DEFAULT = 'waybill-data';
const REQUEST_KEY_LENGTH_MIN_CHARS = 32;
const SHARE_MIN = 0.01;
/** Up to a blank or a comma, or between quotes, where it may hold those. */
const CONNECTOR_NAME = /[\s,]*(?:"([^"]*)"|'([^']*)'|([^\s,"'][^\s,]*)|$)(?:[\s,]+|$)/gy;
const CONNECTORS_DEFAULT = [
  '@waybill/connector-sftp',
  '@waybill/connector-https-api',
  '@waybill/connector-hl7-file-drop',
  '@waybill/connector-hl7-mllp',
  '@waybill/connector-memory',
] as const;

/**
 * Reads WAYBILL_DATABASE_URL, _DATA, _CONNECTORS, _ISOLATION, _SPOOL_MAX_BYTES, _WIRE_MAX_BYTES,
 * _CONNECTIONS_PER_MINUTE_MAX, _REQUEST_KEY, _ANONYMOUS, _BANDWIDTH_SHARE and PORT.
 * Fails with CONFIG_INVALID.
 */
export function loadConfig(overrides: ConfigOverrides = {}): Config {
  const source = overrides.environment ?? process.env;
  const environment = (name: string): string | undefined => (source[name] === '' ? undefined : source[name]);
  const directory = resolve(overrides.directory ?? environment('WAYBILL_DATA') ?? DIRECTORY_DEFAULT);
  const key = overrides.requestKey ?? requestKeyOf(environment('WAYBILL_REQUEST_KEY'));
  return {
    databaseUrl: overrides.databaseUrl ?? databaseUrlOf(environment('WAYBILL_DATABASE_URL')),
    directory,
    port: overrides.port ?? portOf(environment('PORT')),
    isolationLeast: overrides.isolationLeast ?? isolationOf(environment('WAYBILL_ISOLATION')),
    lent: overrides.lent ?? {
      spoolMaxBytes: wholeOf('bytes', 'WAYBILL_SPOOL_MAX_BYTES', environment),
      wireMaxBytes: wholeOf('bytes', 'WAYBILL_WIRE_MAX_BYTES', environment),
      connectionsPerMinuteMax: wholeOf('connections', 'WAYBILL_CONNECTIONS_PER_MINUTE_MAX', environment),
    },
    connectors: overrides.connectors ?? connectorsOf(environment('WAYBILL_CONNECTORS')),
    // Made when first asked for, so that reading the settings leaves no trace on disk.
    get requestKey() {
      return key ?? secretFile(directory, 'request');
    },
    anonymous: overrides.anonymous ?? anonymousOf(environment('WAYBILL_ANONYMOUS')),
    bandwidthShare: overrides.bandwidthShare ?? shareOf(environment('WAYBILL_BANDWIDTH_SHARE')),
    environment,
  };
}

function databaseUrlOf(text: string | undefined): string | undefined {
  if (text === undefined || /^postgres(ql)?:\/\//.test(text)) return text;
  throw invalid('WAYBILL_DATABASE_URL', 'must start with postgres://');
}

function portOf(text: string | undefined): number {
  const port = text === undefined ? PORT_DEFAULT : Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw invalid('PORT', 'must be a whole number from 0 to 65535');
}

function connectorsOf(text: string | undefined): readonly string[] {
  if (text === undefined) return CONNECTORS_DEFAULT;
  const found = [...text.matchAll(CONNECTOR_NAME)];
  const readChars = found.reduce((chars, [whole]) => chars + whole.length, 0);
  if (readChars < text.length) {
    throw invalid(
      'WAYBILL_CONNECTORS',
      `cannot be read from character ${readChars + 1} on: close the quote, or write a blank`,
    );
  }
  return found.flatMap(([, ...forms]) => forms.filter((form) => form !== undefined && form !== ''));
}

function wholeOf(what: string, name: string, environment: Config['environment']): number | undefined {
  const text = environment(name);
  const count = Number(text);
  if (text === undefined || (Number.isSafeInteger(count) && count > 0)) return text === undefined ? undefined : count;
  throw invalid(name, `must be a whole number of ${what} above 0`);
}

function requestKeyOf(text: string | undefined): Uint8Array | undefined {
  if (text === undefined) return undefined;
  if (text.length < REQUEST_KEY_LENGTH_MIN_CHARS) {
    throw invalid('WAYBILL_REQUEST_KEY', `must have at least ${REQUEST_KEY_LENGTH_MIN_CHARS} characters`);
  }
  return Buffer.from(sha256(text), 'hex');
}

function anonymousOf(text: string | undefined): 'refused' | 'reader' {
  if (text === undefined) return 'refused';
  if (text === 'refused' || text === 'reader') return text;
  throw invalid('WAYBILL_ANONYMOUS', 'must be refused or reader');
}

function isolationOf(text: string | undefined): IsolationLevel {
  const level = ISOLATION_LEVELS.find((each) => each === (text ?? 'child-process'));
  if (level !== undefined) return level;
  throw invalid('WAYBILL_ISOLATION', `must be ${ISOLATION_LEVELS.join(' or ')}`);
}

function shareOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const share = Number(text);
  if (share >= SHARE_MIN && share <= 1) return share;
  throw invalid('WAYBILL_BANDWIDTH_SHARE', `must be a number from ${SHARE_MIN} to 1`);
}

function invalid(name: string, message: string): Fault {
  return new Fault({ code: 'CONFIG_INVALID', retry: 'permanent', message: `${name} ${message}`, subject: name });
}
