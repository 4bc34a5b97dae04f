/** A unit of work: gathers what is to be told, recorded and done, and writes it before the commit. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { sql } from 'kysely';
import { canonicalJson } from '../kernel/canonical-json.ts';
import type { AuditEntry, SubgraphName, WaybillEvent } from '../kernel/event.ts';
import { Fault } from '../kernel/fault.ts';
import { type Platform, platformTable, type Sql } from './platform.ts';
import type { Lease, NewJob, Unit } from './store.ts';
import type { WakeupTopic } from './wakeups.ts';

/** Rows in one INSERT; bounded by the parameters a statement may have. */
const ROWS_PER_STATEMENT_MAX = 200;

/** A unit over `em`, and what writes its promises; `write` says whom to wake once they are committed. */
export function commitments(
  platform: Platform,
  subgraph: SubgraphName,
  em: SqlEntityManager,
): { readonly unit: Unit; write(): Promise<readonly WakeupTopic[]> } {
  const events: WaybillEvent[] = [];
  const entries: AuditEntry[] = [];
  const jobs: NewJob[] = [];
  const transaction: Sql = em.getKysely() as unknown as Sql;
  return {
    unit: {
      em,
      emit: (event) => void events.push(event),
      audit: (entry) => void entries.push(entry),
      enqueue: (job) => void jobs.push(job),
      hold: (lease) => hold(platform, transaction, lease),
    },
    async write() {
      for (const some of chunks(events)) await writeEvents(platform, transaction, some);
      for (const some of chunks(entries)) await writeEntries(platform, transaction, subgraph, some);
      for (const job of jobs) await writeJob(platform, transaction, job);
      return [
        // The record office looks by itself; a wake-up for each entry would have every inbox read for nothing.
        ...(events.length > 0 ? ['event' as const] : []),
        ...(jobs.length > 0 ? ['job' as const] : []),
      ];
    },
  };
}

async function writeEvents(platform: Platform, connection: Sql, events: readonly WaybillEvent[]): Promise<void> {
  const rows = events.map(
    ({ id, type, subject, actor, occurredAt, payload }) =>
      sql`(${id}, ${type}, ${subject}, ${actor}, ${occurredAt}, ${canonicalJson(payload)})`,
  );
  await sql`insert into ${platformTable(platform.dialect, 'event')} (id, type, subject, actor, occurred_at, payload)
    values ${sql.join(rows)} on conflict (id) do nothing`.execute(connection);
}

async function writeEntries(
  platform: Platform,
  connection: Sql,
  subgraph: SubgraphName,
  entries: readonly AuditEntry[],
): Promise<void> {
  const rows = entries.map((entry) => sql`(${entry.id}, ${subgraph}, ${entry.plane}, ${canonicalJson({ ...entry })})`);
  await sql`insert into ${platformTable(platform.dialect, 'audit_row')} (id, subgraph, plane, entry)
    values ${sql.join(rows)} on conflict (id) do nothing`.execute(connection);
}

/** A job that waits stays as it is; one that runs will run once more; one that is done or parked starts afresh. */
async function writeJob(platform: Platform, connection: Sql, job: NewJob): Promise<void> {
  const payload = canonicalJson(job.payload);
  await sql`insert into ${platformTable(platform.dialect, 'job')} as job (kind, key, payload, state)
    values (${job.kind}, ${job.key}, ${payload}, 'ready')
    on conflict (kind, key) do update set
      again = case when job.state = 'running' then 1 else 0 end,
      payload = case when job.state = 'ready' then job.payload else excluded.payload end,
      run_at = case when job.state in ('running', 'ready') then job.run_at else 0 end,
      failures = case when job.state in ('running', 'ready') then job.failures else 0 end,
      state = case when job.state = 'running' then 'running' else 'ready' end`.execute(connection);
}

/** Locks the job's row until the commit: nobody takes the job over while this unit is at work. */
async function hold(platform: Platform, connection: Sql, lease: Lease): Promise<void> {
  const lock = platform.dialect === 'postgresql' ? sql`for update` : sql``;
  const found = await sql`select 1 from ${platformTable(platform.dialect, 'job')}
    where id = ${Number(lease.job)} and token = ${lease.token} and state = 'running' ${lock}`.execute(connection);
  if (found.rows.length > 0) return;
  throw new Fault({
    code: 'LEASE_LOST',
    retry: 'permanent',
    message: 'another worker has taken this job over; this one stops',
    subject: lease.job,
  });
}

function* chunks<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += ROWS_PER_STATEMENT_MAX) yield all.slice(at, at + ROWS_PER_STATEMENT_MAX);
}
