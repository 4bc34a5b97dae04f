/** Leases on jobs: taken for a short time, renewed while alive, fenced by a token that only grows. */
import { type RawBuilder, sql } from 'kysely';
import type { Json } from '../kernel/canonical-json.ts';
import { systemClock } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { databaseTimeMs, type Platform, platformTable } from './platform.ts';
import type { Lease } from './store.ts';

export interface Claimed {
  readonly id: number;
  readonly kind: string;
  readonly key: string;
  readonly payload: Json;
  readonly token: number;
  readonly failures: number;
}

/** How an attempt ended. */
export type Verdict =
  | { readonly kind: 'done' | 'released' }
  | { readonly kind: 'again'; readonly code: string; readonly message: string; readonly pauseMs: number }
  | { readonly kind: 'parked'; readonly code: string; readonly message: string };

export interface ParkedJob {
  readonly kind: string;
  readonly key: string;
  readonly code: string;
  readonly message: string;
}

/** A lease that renews itself until told to stop. */
export interface OpenLease extends Lease {
  stopRenewing(): void;
}

/** Short, because the work of a machine that died waits this long. */
const LEASE_MS = 5_000;
const RENEW_INTERVAL_MS = 1_500;

/** Takes the job that waits longest, or one, not of `mine`, whose holder is gone or silent; undefined without one. */
export async function claim(
  platform: Platform,
  kinds: readonly string[],
  mine: readonly number[] = [],
): Promise<Claimed | undefined> {
  if (kinds.length === 0) return undefined;
  const { dialect } = platform;
  const job = platformTable(dialect, 'job');
  const now = databaseTimeMs(dialect);
  const skip = dialect === 'postgresql' ? sql`for update skip locked` : sql``;
  const found = await sql<
    Record<'id' | 'token' | 'failures', number | string> & Record<'kind' | 'key' | 'payload', string>
  >`
    update ${job} set state = 'running', token = token + 1, lease_until = ${now} + ${sql.lit(LEASE_MS)},
      holder = ${platform.holder}, again = 0
    where id = (select id from ${job} where kind in (${sql.join(kinds)}) and ${isFree(platform, now, mine)}
      order by run_at, id limit 1 ${skip})
    returning id, kind, key, payload, token, failures`.execute(platform.writer);
  const row = found.rows[0];
  if (row === undefined) return undefined;
  return {
    id: Number(row.id),
    kind: row.kind,
    key: row.key,
    payload: JSON.parse(row.payload) as Json,
    token: Number(row.token),
    failures: Number(row.failures),
  };
}

function isFree(platform: Platform, now: RawBuilder<number>, mine: readonly number[]): RawBuilder<boolean> {
  // A process too busy to renew in time must not take over from itself.
  const notMine = mine.length === 0 ? sql`true` : sql`id not in (${sql.join(mine)})`;
  return sql<boolean>`((state = 'ready' and run_at <= ${now}) or (state = 'running' and ${notMine}
    and (lease_until < ${now} or ${platform.isGone(sql`holder`)})))`;
}

/** Keeps the lease alive; its signal aborts when `closing` does and when somebody else has the job. */
export function openLease(platform: Platform, job: Claimed, closing: AbortSignal): OpenLease {
  const lost = new AbortController();
  let renewedAtMs = systemClock.elapsedMs();
  const lose = (): void => {
    clearInterval(timer);
    lost.abort(
      new Fault({ code: 'LEASE_LOST', retry: 'permanent', message: 'the lease on this job ran out', subject: job.key }),
    );
  };
  const renew = async (): Promise<void> => {
    const askedAtMs = systemClock.elapsedMs();
    try {
      if (await extend(platform, job)) renewedAtMs = askedAtMs;
      else lose();
    } catch {
      // The database is away; the lease is good until it runs out.
      if (systemClock.elapsedMs() - renewedAtMs > LEASE_MS) lose();
    }
  };
  let renewing: Promise<void> | undefined;
  const timer = setInterval(() => {
    // A unit that holds the job's row makes the renewal wait; one at a time is enough.
    renewing ??= renew().finally(() => {
      renewing = undefined;
    });
  }, RENEW_INTERVAL_MS);
  return {
    job: `${job.id}`,
    token: job.token,
    signal: AbortSignal.any([closing, lost.signal]),
    stopRenewing: () => clearInterval(timer),
  };
}

async function extend(platform: Platform, job: Claimed): Promise<boolean> {
  const found = await sql`update ${platformTable(platform.dialect, 'job')}
    set lease_until = ${databaseTimeMs(platform.dialect)} + ${sql.lit(LEASE_MS)}
    where id = ${job.id} and token = ${job.token} and state = 'running' returning id`.execute(platform.writer);
  return found.rows.length > 0;
}

/** Gives the job back with its verdict, unless somebody else has it by now. Says in which state it is then. */
export async function finish(platform: Platform, job: Claimed, verdict: Verdict): Promise<string | undefined> {
  const found = await sql<{ state: string }>`update ${platformTable(platform.dialect, 'job')}
    set ${outcome(platform, job, verdict)}, again = 0, lease_until = 0
    where id = ${job.id} and token = ${job.token} and state = 'running' returning state`.execute(platform.writer);
  return found.rows[0]?.state;
}

function outcome(platform: Platform, job: Claimed, verdict: Verdict): RawBuilder<unknown> {
  const done = sql`state = case when again = 1 then 'ready' else 'done' end, failures = 0, run_at = 0, code = null,
    message = null`;
  switch (verdict.kind) {
    case 'done':
      return done;
    case 'released':
      return sql`state = 'ready', run_at = 0`;
    case 'again':
      return sql`state = 'ready', failures = ${job.failures + 1}, code = ${verdict.code}, message = ${verdict.message},
        run_at = ${databaseTimeMs(platform.dialect)} + ${sql.lit(Math.round(verdict.pauseMs))}`;
    case 'parked':
      return sql`state = case when again = 1 then 'ready' else 'parked' end, failures = 0, code = ${verdict.code},
        message = ${verdict.message}`;
    default:
      return verdict satisfies never;
  }
}

/** Whether any job of these kinds waits or runs. */
export async function hasWork(platform: Platform, kinds: readonly string[]): Promise<boolean> {
  if (kinds.length === 0) return false;
  const found = await sql`select 1 from ${platformTable(platform.dialect, 'job')}
    where kind in (${sql.join(kinds)}) and state in ('ready', 'running') limit 1`.execute(platform.reader);
  return found.rows.length > 0;
}

export async function parkedJobs(platform: Platform): Promise<readonly ParkedJob[]> {
  const found = await sql<ParkedJob>`select kind, key, code, message from ${platformTable(platform.dialect, 'job')}
    where state = 'parked' order by kind, key`.execute(platform.reader);
  return found.rows;
}

/** On SQLite the lock on the directory says that every former holder is dead: their jobs are free at once. */
export async function freeAbandonedJobs(platform: Platform): Promise<void> {
  if (platform.dialect !== 'sqlite') return;
  await sql`update ${platformTable(platform.dialect, 'job')} set state = 'ready', run_at = 0
    where state = 'running'`.execute(platform.writer);
}
