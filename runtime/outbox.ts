/** The outbox: events and audit rows in the order they were committed, none missed and none twice. */
import type { Id } from '../kernel/id.ts';
import type { AuditEntry, SubgraphName } from '../kernel/event.ts';
import type { Database } from './database.ts';

export type { EventHandler } from './store.ts';

/** A place in the order of commits; opaque, survives restarts. */
export type Position = string;

export const START: Position = '0:0';

export interface AuditRow {
  readonly position: Position;
  readonly id: Id;
  readonly subgraph: SubgraphName;
  readonly plane: AuditEntry['plane'];
  /** The entry in canonical JSON, exactly as it was committed. */
  readonly bytes: Uint8Array;
}

/** Up to `limit` audit rows committed after `after`, in order; never one whose elders may still appear. */
export declare function auditRows(database: Database, after: Position, limit: number): Promise<readonly AuditRow[]>;
