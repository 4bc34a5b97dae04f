/** Jobs: work that survives a crash, done by whoever holds the lease. */
import { isFault } from '../kernel/fault.ts';
import type { SubgraphName } from '../kernel/event.ts';
import type { Database } from './database.ts';
import { errorFacts, type Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { claim, type Claimed, finish, hasWork, openLease, type ParkedJob, parkedJobs, type Verdict } from './lease.ts';
import type { JobHandler, RetryLimits } from './store.ts';
import { Alarm } from './wakeups.ts';

export type { JobHandler, Lease, NewJob } from './store.ts';
export type { ParkedJob } from './lease.ts';

export interface WorkersOptions {
  readonly database: Database;
  readonly jobs: Readonly<Partial<Record<SubgraphName, readonly JobHandler[]>>>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly retry?: RetryLimits | undefined;
}

export interface Workers {
  /** Resolves when no job of these kinds waits or runs, here or in another process. */
  settled(): Promise<void>;
  /** Jobs that gave up; enqueueing them again starts them afresh. */
  parked(): Promise<readonly ParkedJob[]>;
  /** Aborts what runs, waits for it to let go, and leaves it to be taken over at once. */
  close(): Promise<void>;
}

const JOBS_AT_ONCE_MAX = 4;
/** Wake-ups are hints; this is how late a job may be when one was lost, or when its pause is over. */
const POLL_INTERVAL_MS = 250;
const RETRY: RetryLimits = { attemptsMax: 10, backoffFirstMs: 250, backoffMaxMs: 60_000 };

/** Starts working on every kind of job that has a handler. */
export function startWorkers(options: WorkersOptions): Workers {
  const handlers = new Map(
    Object.values(options.jobs).flatMap((some) => some.map((each) => [each.kind, each] as const)),
  );
  const crew = new Crew(options, handlers);
  return {
    settled: () => crew.settled(),
    parked: () => parkedJobs(options.database.platform),
    close: () => crew.close(),
  };
}

class Crew {
  readonly #alarm = new Alarm();
  readonly #unsubscribe: () => void;
  readonly #loop: Promise<void>;
  readonly #active = new Map<number, Promise<void>>();
  readonly #closing = new AbortController();
  #waiting: (() => void)[] = [];

  constructor(
    readonly o: WorkersOptions,
    readonly handlers: ReadonlyMap<string, JobHandler>,
  ) {
    this.#unsubscribe = o.database.platform.wakeups.on('job', () => this.#alarm.ring());
    this.#loop = this.#run();
  }

  async settled(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#alarm.ring();
    });
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#closing.abort();
    this.#alarm.ring();
    await this.#loop;
    await Promise.all(this.#active.values());
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const waiting = this.#waiting.splice(0);
      const next = await this.#look();
      if (next === 'idle') for (const resolve of waiting) resolve();
      else this.#waiting.push(...waiting);
      if (next !== 'more' && !this.#closing.signal.aborted) await this.#alarm.wait(POLL_INTERVAL_MS);
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #look(): Promise<'more' | 'busy' | 'idle'> {
    const { platform } = this.o.database;
    const kinds = [...this.handlers.keys()];
    try {
      if (this.#active.size >= JOBS_AT_ONCE_MAX) return 'busy';
      const job = await claim(platform, kinds, [...this.#active.keys()]);
      if (job === undefined) return (await hasWork(platform, kinds)) ? 'busy' : 'idle';
      const done = this.#work(job).finally(() => {
        this.#active.delete(job.id);
        // For this crew, and for whoever waits for what its jobs bring about.
        platform.wakeups.wake('job');
      });
      this.#active.set(job.id, done);
      return 'more';
    } catch (error) {
      this.o.log.warn('jobs could not be claimed', errorFacts(error));
      return 'busy';
    }
  }

  async #work(job: Claimed): Promise<void> {
    const { database, log, metrics } = this.o;
    const { platform } = database;
    const lease = openLease(platform, job, this.#closing.signal);
    const facts = { kind: job.kind, key: job.key };
    let verdict: Verdict = { kind: 'done' };
    try {
      await this.handlers.get(job.kind)?.run(job.payload, lease);
    } catch (error) {
      verdict = this.#judge(job, error);
      if (verdict.kind !== 'released')
        log[verdict.kind === 'parked' ? 'error' : 'warn'](SAYINGS[verdict.kind], { ...facts, ...errorFacts(error) });
    } finally {
      lease.stopRenewing();
    }
    metrics.count('jobs_ended_total', { kind: job.kind, how: verdict.kind });
    try {
      if ((await finish(platform, job, verdict)) === 'ready') this.#alarm.ring();
    } catch (error) {
      // Nothing is lost: the lease runs out and the job is taken over.
      log.warn('the end of a job could not be recorded', { ...facts, ...errorFacts(error) });
    }
  }

  /** Shutting down and losing the lease are nobody's failure; a fault that may pass is tried again, up to a limit. */
  #judge(job: Claimed, error: unknown): Verdict {
    if (isFault(error) && error.code === 'LEASE_LOST') return { kind: 'released' };
    if (this.#closing.signal.aborted) return { kind: 'released' };
    const { attemptsMax, backoffFirstMs, backoffMaxMs } = this.o.retry ?? RETRY;
    const code = isFault(error) ? error.code : 'UNEXPECTED';
    const message = isFault(error) ? error.message : 'a defect of ours; the log has the place';
    // Every job looks up what it already did, so that even an ambiguous end is not repeated blindly.
    const mayPass = isFault(error) && error.retry !== 'permanent' && job.failures + 1 < attemptsMax;
    if (!mayPass) return { kind: 'parked', code, message };
    const pauseMs = Math.min(backoffFirstMs * 2 ** job.failures, backoffMaxMs);
    return { kind: 'again', code, message, pauseMs: Math.max(pauseMs, error.retryAfterMs ?? 0) };
  }
}

const SAYINGS = {
  done: 'a job is done',
  released: 'a job was let go',
  again: 'a job failed and will be tried again',
  parked: 'a job gave up and is parked',
} as const;
