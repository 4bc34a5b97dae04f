/** The tables below every subgraph: events, inboxes, audit rows and jobs; schema `runtime`, or prefix on SQLite. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { StoreMigration } from './store.ts';
import type { Wakeups } from './wakeups.ts';

export type Dialect = 'sqlite' | 'postgresql';

/** Any Kysely of ours, bound to a transaction or not; platform tables are written in plain SQL. */
export type Sql = Kysely<unknown>;

/** What the rooms of the runtime need of the database; subgraphs have no business here. */
export interface Platform {
  readonly dialect: Dialect;
  readonly writer: Sql;
  /** Sees what is committed. */
  readonly reader: Sql;
  readonly wakeups: Wakeups;
  /** Names this process among those that share the database. */
  readonly holder: string;
  /** How to ask in SQL whether the process called `holder` is gone. */
  readonly isGone: (holder: RawBuilder<unknown>) => RawBuilder<boolean>;
}

export type PlatformTable = 'event' | 'audit_row' | 'inbox' | 'cursor' | 'job' | 'migration';

export function platformTable(dialect: Dialect, name: PlatformTable): RawBuilder<unknown> {
  return dialect === 'postgresql' ? sql.id('runtime', name) : sql.id(`runtime_${name}`);
}

/** The database's own time in milliseconds: several machines that share a database share this clock. */
export function databaseTimeMs(dialect: Dialect): RawBuilder<number> {
  return dialect === 'postgresql'
    ? sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
    : sql<number>`cast(unixepoch('subsec') * 1000 as integer)`;
}

// On PostgreSQL sequence numbers are drawn before the commit and become visible out of order. (tx, seq) below the
// oldest transaction still running is an order that nothing is inserted into any more.
export const PLATFORM_MIGRATIONS: readonly StoreMigration[] = [
  {
    name: '0001-platform',
    sqlite: [
      `create table runtime_event (seq integer primary key autoincrement, tx integer not null default 0,
        id text not null unique, type text not null, subject text not null, actor text not null,
        occurred_at text not null, payload text not null) strict`,
      'create index runtime_event_type on runtime_event (type, tx, seq)',
      `create table runtime_audit_row (seq integer primary key autoincrement, tx integer not null default 0,
        id text not null unique, subgraph text not null, plane text not null, entry text not null) strict`,
      `create table runtime_inbox (handler text not null, event_id text not null,
        primary key (handler, event_id)) strict, without rowid`,
      `create table runtime_cursor (handler text not null primary key, tx integer not null, seq integer not null,
        stopped integer not null default 0, failures integer not null default 0, event_id text, code text) strict`,
      `create table runtime_job (id integer primary key autoincrement, kind text not null, key text not null,
        payload text not null, state text not null, token integer not null default 0,
        lease_until integer not null default 0, run_at integer not null default 0, failures integer not null default 0,
        again integer not null default 0, holder text, code text, message text, unique (kind, key)) strict`,
      'create index runtime_job_state on runtime_job (state, run_at)',
    ],
    postgresql: [
      `create table runtime.event (seq bigserial primary key, tx xid8 not null default pg_current_xact_id(),
        id text not null unique, type text not null, subject text not null, actor text not null,
        occurred_at text not null, payload text not null)`,
      'create index event_order on runtime.event (tx, seq)',
      'create index event_type on runtime.event (type, tx, seq)',
      `create table runtime.audit_row (seq bigserial primary key, tx xid8 not null default pg_current_xact_id(),
        id text not null unique, subgraph text not null, plane text not null, entry text not null)`,
      'create index audit_row_order on runtime.audit_row (tx, seq)',
      `create table runtime.inbox (handler text not null, event_id text not null, primary key (handler, event_id))`,
      `create table runtime.cursor (handler text primary key, tx xid8 not null, seq bigint not null,
        stopped integer not null default 0, failures integer not null default 0, event_id text, code text)`,
      `create table runtime.job (id bigserial primary key, kind text not null, key text not null, payload text not null,
        state text not null, token bigint not null default 0, lease_until bigint not null default 0,
        run_at bigint not null default 0, failures integer not null default 0, again integer not null default 0,
        holder text, code text, message text, unique (kind, key))`,
      'create index job_state on runtime.job (state, run_at)',
    ],
  },
];
