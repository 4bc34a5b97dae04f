import type { Capabilities } from './capabilities.ts';
import type { Source } from './source.ts';
import type { StandardSchema } from './standard-schema.ts';
import type { Target } from './target.ts';

export type Role = 'source' | 'target';

/** Scratch space for parcels a target cannot hold unseen; it survives a restart. Keys are opaque. */
export interface Spool {
  /**
   * Resolves once the bytes are on the disk; replaces what was there. Returns their number. `fleeting` is for what is
   * lost without harm, and costs no wait for a disk: it may stay in memory, and may be gone after a restart. What is
   * staged is such a thing where the commit says ITEM_NOT_FOUND when it finds it gone: the host stages it again.
   */
  write(key: string, bytes: AsyncIterable<Uint8Array>, lasting?: 'fleeting' | undefined): Promise<number>;
  /** Fails with ITEM_NOT_FOUND. What it gives must not be changed. */
  read(key: string): AsyncIterable<Uint8Array>;
  /** Repeating it succeeds. */
  remove(key: string): Promise<void>;
}

/** What the host lends to an opened connector. */
export interface ConnectorContext {
  /** The secret of that name; fails with CONFIG_INVALID when the plan names none. */
  secret(name: string): string;
  readonly spool: Spool;
  /** Records an operational fact. `facts` holds ids, counts and codes only. */
  log(fact: string, facts?: Readonly<Record<string, string | number | boolean>>): void;
  /** The current instant. */
  now(): Date;
}

export interface Connector<Config = unknown> {
  readonly apiVersion: 1;
  readonly id: string;
  readonly title: string;
  /** Semantic version of the connector. */
  readonly version: string;
  readonly roles: readonly Role[];
  readonly config: StandardSchema<Config>;
  /** The names of the secrets it can use. */
  readonly secrets: readonly string[];
  readonly capabilities: Capabilities;
  /** Connects, looks around and disconnects; resolves to what it negotiated. Throws a ConnectorError. */
  check(config: Config, context: ConnectorContext, signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  openSource?(config: Config, context: ConnectorContext, signal: AbortSignal): Promise<Source>;
  openTarget?(config: Config, context: ConnectorContext, signal: AbortSignal): Promise<Target>;
}

/** The fact under which a connection is told. */
export const CONNECTED = 'connection-negotiated';

/**
 * Tells what a new connection agreed on, for the evidence: protocol, suite, what the peer showed. Never a secret. A
 * connector that speaks over a network tells every connection it makes; equal ones are kept once.
 */
export function tellConnected(context: Pick<ConnectorContext, 'log'>, facts: Readonly<Record<string, string>>): void {
  context.log(CONNECTED, facts);
}

/** Returns the connector unchanged, with the type of its configuration inferred from its schema. */
export function defineConnector<Config>(connector: Connector<Config>): Connector<Config> {
  return connector;
}
