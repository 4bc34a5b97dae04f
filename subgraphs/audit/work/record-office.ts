/** The record office at work: keeps the sequencer going, and lets others wait until an act is on record. */
import { setTimeout as wait } from 'node:timers/promises';
import { Fault, isFault } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
import { errorFacts, type Log } from '../../../runtime/log.ts';
import type { Metrics } from '../../../runtime/metrics.ts';
import type { Store } from '../../../runtime/store.ts';
import { findEntry } from '../store/entries.ts';
import { BATCH_ENTRIES_MAX, type Sequencer } from './sequencer.ts';

/** How long an entry waits for the next look: half of what a checkpoint may lag behind. */
const GATHER_MS = 500;
const PAUSE_MS = 200;
const PAUSE_AFTER_FAULT_MAX_MS = 5_000;
/** Batches taken in by one drain; more means that entries come faster than they are written. */
const DRAIN_BATCHES_MAX = 10_000;
/** An entry committed beside long transactions of others becomes visible only after them. */
const INCLUSION_LOOKS_MAX = 50;
const ATTEMPTS_MAX = 5;

export interface RecordOffice {
  /** Takes in everything that was committed before the call, and publishes it. */
  drain(): Promise<void>;
  /** Resolves with the entry's position once a published checkpoint covers it. Fails with NOT_INCLUDED in time. */
  included(id: Id): Promise<number>;
  close(): Promise<void>;
}

export interface RecordOfficeOptions {
  readonly sequencer: Sequencer;
  readonly store: Store;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Called after each batch. */
  readonly appended: () => void;
}

export function openRecordOffice(options: RecordOfficeOptions): RecordOffice {
  const { sequencer, store, log, metrics, appended } = options;
  const closing = new AbortController();
  let turn: Promise<unknown> = Promise.resolve();
  const step = async (): Promise<number> => {
    // One at a time: the loop and those who drain take turns.
    const next = turn.then(() => sequencer.step());
    turn = next.catch(() => undefined);
    const entries = await next;
    metrics.count('audit_entries_total', {}, entries);
    if (entries > 0) appended();
    return entries;
  };
  const drain = async (): Promise<void> => {
    for (let batch = 0; batch < DRAIN_BATCHES_MAX; batch++) if ((await persist(step)) === 0) return;
  };
  const running = keepGoing(step, closing.signal, log, metrics);
  return {
    drain,
    included: (id) => included(id, store, drain),
    async close() {
      closing.abort();
      await running;
      await drain().catch((error: unknown) => log.warn('audit entries wait for the next start', errorFacts(error)));
    },
  };
}

async function keepGoing(step: () => Promise<number>, closing: AbortSignal, log: Log, metrics: Metrics): Promise<void> {
  let pauseMs = GATHER_MS;
  while (!closing.aborted) {
    try {
      const entries = await step();
      metrics.gauge('audit_log_stopped', 0);
      pauseMs = GATHER_MS;
      // Every batch costs a checkpoint and several syncs: what trickles in is gathered, what piled up goes on at once.
      if (entries >= BATCH_ENTRIES_MAX) continue;
    } catch (error) {
      pauseMs = Math.min(pauseMs * 2, PAUSE_AFTER_FAULT_MAX_MS);
      metrics.gauge('audit_log_stopped', isTransient(error) ? 0 : 1);
      log.warn('the audit log could not take in entries', errorFacts(error));
    }
    await wait(pauseMs, undefined, { signal: closing }).catch(() => undefined);
  }
}

/** Tries again what another sequencer or a busy database got in the way of. */
async function persist(step: () => Promise<number>): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step();
    } catch (error) {
      if (!isTransient(error) || attempt === ATTEMPTS_MAX) throw error;
      await wait(PAUSE_MS);
    }
  }
}

async function included(id: Id, store: Store, drain: () => Promise<void>): Promise<number> {
  for (let look = 1; look <= INCLUSION_LOOKS_MAX; look++) {
    await drain();
    const entry = await store.read((em) => findEntry(em, id));
    if (entry !== undefined) return entry.position;
    await wait(PAUSE_MS);
  }
  const message = 'an entry that was committed is not on record yet; long transactions may hold it up';
  throw new Fault({ code: 'NOT_INCLUDED', retry: 'transient', message, subject: id });
}

function isTransient(error: unknown): boolean {
  return isFault(error) && error.retry === 'transient';
}
