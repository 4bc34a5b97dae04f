/** What a subgraph sees of the database: its own tables, and one unit of work that commits whole or not at all. */
import type { EntitySchema, SqlEntityManager } from '@mikro-orm/sql';
import type { Json } from '../kernel/canonical-json.ts';
import type { AuditEntry, EventType, SubgraphName, WaybillEvent } from '../kernel/event.ts';

/** A step of a store's schema, written by `npm run migration -- <subgraph> <name>`. */
export interface StoreMigration {
  readonly name: string;
  readonly sqlite: readonly string[];
  readonly postgresql: readonly string[];
}

export interface StoreDefinition {
  readonly subgraph: SubgraphName;
  readonly entities: readonly EntitySchema[];
  /** Oldest first; a migration that has been released never changes. */
  readonly migrations: readonly StoreMigration[];
}

/** One subgraph's tables. */
export interface Store {
  readonly subgraph: SubgraphName;
  /** Runs `work` on a fresh identity map. It sees what is committed, and cannot write. */
  read<T>(work: (em: SqlEntityManager) => Promise<T>): Promise<T>;
  /**
   * Runs `work` in a transaction; commits when it resolves, leaves nothing when it throws. Never nested. When others
   * were in its way it is called again, on a fresh unit; it must not keep anything of the call before.
   */
  transact<T>(work: (unit: Unit) => Promise<T>): Promise<T>;
}

/** Everything that happens through a unit is committed together or not at all. */
export interface Unit {
  readonly em: SqlEntityManager;
  /** Tells the other subgraphs a fact; an event whose id is already told is not told again. */
  emit(event: WaybillEvent): void;
  /** Records an act for the record office; an entry whose id is already recorded is not recorded again. */
  audit(entry: AuditEntry): void;
  enqueue(job: NewJob): void;
  /** Keeps the lease from being taken over until this unit is committed. Throws LEASE_LOST when it already was. */
  hold(lease: Lease): Promise<void>;
}

/**
 * Work to be done at least once. (kind, key) is unique: enqueueing it again while it waits does nothing, while it runs
 * lets it run once more afterwards.
 */
export interface NewJob {
  readonly kind: string;
  readonly key: string;
  readonly payload: Json;
}

/** The right to do a job, until somebody else gets it: then `token` is stale and `signal` aborts. */
export interface Lease {
  readonly job: string;
  readonly token: number;
  /** Aborts on shutdown and when the lease is lost. */
  readonly signal: AbortSignal;
}

export interface JobHandler {
  readonly kind: string;
  /** Does the job; may be called again after a crash or a transient fault and then finds what it already did. */
  run(payload: Json, lease: Lease): Promise<void>;
}

export interface EventHandler {
  readonly on: EventType;
  /** Unique in its subgraph for this type of event; renaming it replays every event to it. */
  readonly name: string;
  /** Its effects through `unit` happen exactly once for each event id. */
  handle(event: WaybillEvent, unit: Unit): Promise<void>;
}

/** How often something that failed is tried, and how long it waits in between: twice as long each time. */
export interface RetryLimits {
  readonly attemptsMax: number;
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
}
