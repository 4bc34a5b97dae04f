/** A past-tense fact between subgraphs. Its payload is small; anything large is a sealed document named by digest. */
import type { Json } from './canonical-json.ts';
import type { Id } from './id.ts';

export const SUBGRAPHS = ['inventory', 'transfer', 'validation', 'audit', 'cutover'] as const;
export type SubgraphName = (typeof SUBGRAPHS)[number];

/** `<subgraph>.<past-tense-fact>.v<version>`; the payload's JSON Schema is schema/events/<type>.json. */
export type EventType = `${SubgraphName}.${string}.v${number}`;

export interface WaybillEvent<Payload extends Json = Json> {
  /** Unique; a handler that has seen it does nothing. Derived from the fact, so that a repeated step repeats the id. */
  readonly id: Id;
  readonly type: EventType;
  /** The migration, batch or item it is about. */
  readonly subject: Id;
  readonly actor: string;
  /** RFC 3339, UTC. */
  readonly occurredAt: string;
  readonly payload: Payload;
}

/** The payload in the shape its schema has: what is told is held to that schema before it is kept. */
export function payloadOf<Payload>({ payload }: Pick<WaybillEvent, 'payload'>): Payload {
  return payload as unknown as Payload;
}

/** One thing somebody or something did, for the record office. Holds ids, codes and digests; never patient data. */
export interface AuditEntry {
  readonly id: Id;
  /** Clinical entries ("this document is now in the target") are kept apart from operational ones. */
  readonly plane: 'operational' | 'clinical';
  /** A verb of the closed vocabulary, for example `item-committed`. */
  readonly action: string;
  readonly actor: string;
  readonly subject: Id;
  readonly source?: string | undefined;
  readonly target?: string | undefined;
  readonly outcome: 'succeeded' | 'refused' | 'failed';
  /** RFC 3339, UTC. */
  readonly occurredAt: string;
  readonly reason?: string | undefined;
  readonly digests?: Readonly<Record<string, string>> | undefined;
}
