/** The inbox: hands every event to every handler of a subgraph once, in the order of commits. */
import { setTimeout as wait } from 'node:timers/promises';
import { type EventType, SUBGRAPHS, type SubgraphName } from '../kernel/event.ts';
import { isFault } from '../kernel/fault.ts';
import type { Database } from './database.ts';
import { errorFacts, type Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import {
  eventsAfter,
  hasUnsettledEvents,
  isLater,
  lastEvent,
  type PlacedEvent,
  type Position,
  START,
} from './outbox.ts';
import { deliver, readCursors, recordFailure, type StoppedHandler, stoppedHandlers } from './cursor.ts';
import type { EventHandler, RetryLimits } from './store.ts';
import { Alarm } from './wakeups.ts';

export type { EventHandler } from './store.ts';
export type { StoppedHandler } from './cursor.ts';

export interface DispatcherOptions {
  readonly database: Database;
  readonly handlers: Readonly<Partial<Record<SubgraphName, readonly EventHandler[]>>>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly retry?: RetryLimits | undefined;
}

export interface Dispatcher {
  /** Resolves when everything told so far, and all told in reply, is handled or its handler has stopped. */
  settled(): Promise<void>;
  /** Handlers that gave up; everything behind them waits. A restart lets them try again. */
  stopped(): Promise<readonly StoppedHandler[]>;
  close(): Promise<void>;
}

const EVENTS_PER_READ = 100;
/** Wake-ups are hints; this is how late an event may be when one was lost. */
const POLL_INTERVAL_MS = 1_000;
/** While an older transaction holds events back. */
const UNSETTLED_POLL_MS = 25;
const READ_RETRY_MS = 500;
const RETRY: RetryLimits = { attemptsMax: 8, backoffFirstMs: 50, backoffMaxMs: 5_000 };

/** Starts one inbox for every subgraph that has handlers. */
export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const { database } = options;
  const inboxes = SUBGRAPHS.flatMap((subgraph) => {
    const handlers = options.handlers[subgraph] ?? [];
    return handlers.length === 0 ? [] : [new Inbox(subgraph, handlers, options)];
  });
  return {
    async settled() {
      for (;;) {
        const before = await lastEvent(database.platform);
        await Promise.all(inboxes.map((inbox) => inbox.drained()));
        if ((await lastEvent(database.platform)) === before) return;
      }
    },
    stopped: () => stoppedHandlers(database.platform),
    async close() {
      await Promise.all(inboxes.map((inbox) => inbox.close()));
    },
  };
}

/** Events reach a subgraph one after the other: what a handler relies on, an earlier event has already brought. */
class Inbox {
  readonly #alarm = new Alarm();
  readonly #closing = new AbortController();
  readonly #unsubscribe: () => void;
  readonly #running: Promise<void>;
  readonly #cursors = new Map<string, Position>();
  #waiting: (() => void)[] = [];
  #state: 'open' | 'stopped' | 'closed' = 'open';

  constructor(
    readonly subgraph: SubgraphName,
    readonly handlers: readonly EventHandler[],
    readonly o: DispatcherOptions,
  ) {
    this.#unsubscribe = o.database.platform.wakeups.on('event', () => this.#alarm.ring());
    this.#running = this.#run();
  }

  async drained(): Promise<void> {
    if (this.#state !== 'open') return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#alarm.ring();
    });
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#state = 'closed';
    this.#closing.abort();
    this.#alarm.ring();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#state === 'open') {
      const waiting = this.#waiting.splice(0);
      const next = await this.#pass();
      if (next === 'idle') for (const resolve of waiting) resolve();
      else this.#waiting.push(...waiting);
      if (next === 'more') continue;
      if (this.#state === 'open') await this.#alarm.wait(WAITS_MS[next]);
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #pass(): Promise<'more' | 'idle' | 'unsettled' | 'failed'> {
    try {
      if (this.#cursors.size === 0) await this.#restore();
      const events = await eventsAfter(this.o.database.platform, this.#wanted(), EVENTS_PER_READ);
      for (const placed of events) await this.#handOver(placed);
      if (events.length > 0) return 'more';
      return (await hasUnsettledEvents(this.o.database.platform)) ? 'unsettled' : 'idle';
    } catch (error) {
      this.o.log.warn('events could not be read', { subgraph: this.subgraph, ...errorFacts(error) });
      return 'failed';
    }
  }

  async #restore(): Promise<void> {
    const known = await readCursors(this.o.database.platform);
    for (const handler of this.handlers) {
      const key = this.#keyOf(handler);
      this.#cursors.set(key, known.get(key) ?? START);
    }
  }

  /** For each type of event the position of the handler that is furthest behind. */
  #wanted(): ReadonlyMap<EventType, Position> {
    const wanted = new Map<EventType, Position>();
    for (const handler of this.handlers) {
      const at = this.#positionOf(handler);
      const other = wanted.get(handler.on);
      if (other === undefined || isLater(other, at)) wanted.set(handler.on, at);
    }
    return wanted;
  }

  async #handOver(placed: PlacedEvent): Promise<void> {
    for (const handler of this.handlers) {
      const due = handler.on === placed.event.type && isLater(placed.position, this.#positionOf(handler));
      if (!due || this.#state !== 'open') continue;
      if (await this.#tryToDeliver(handler, placed)) this.#cursors.set(this.#keyOf(handler), placed.position);
    }
  }

  /** Tries until it succeeds or the limit is reached; then the inbox stops, and nothing is skipped. */
  async #tryToDeliver(handler: EventHandler, placed: PlacedEvent): Promise<boolean> {
    const { database, log, metrics, retry: { attemptsMax, backoffFirstMs, backoffMaxMs } = RETRY } = this.o;
    const name = { subgraph: this.subgraph, handler: handler.name, event: placed.event.type };
    let failures = 0;
    for (let pause = backoffFirstMs; this.#state === 'open'; pause = Math.min(pause * 2, backoffMaxMs)) {
      try {
        await deliver(database, this.subgraph, this.#keyOf(handler), handler, placed);
        metrics.count('events_handled_total', name);
        return true;
      } catch (error) {
        // A database that is away says nothing about the handler.
        if (!isStoreAway(error)) failures += 1;
        const state = failures >= attemptsMax ? 'stopped' : 'open';
        log[state === 'stopped' ? 'error' : 'warn'](
          state === 'stopped' ? 'a handler has stopped; everything behind this event waits' : 'a handler failed',
          { ...name, id: placed.event.id, failures, ...errorFacts(error) },
        );
        metrics.count('events_failed_total', name);
        await recordFailure(database.platform, this.#keyOf(handler), placed, failures, state, error).catch(() => {});
        if (state === 'stopped') this.#stop(handler);
        else await wait(pause, undefined, { signal: this.#closing.signal }).catch(() => {});
      }
    }
    return false;
  }

  #stop(handler: EventHandler): void {
    this.o.metrics.gauge('handler_stopped', 1, { subgraph: this.subgraph, handler: handler.name });
    if (this.#state === 'open') this.#state = 'stopped';
  }

  #keyOf(handler: EventHandler): string {
    return `${this.subgraph}/${handler.on}/${handler.name}`;
  }

  #positionOf(handler: EventHandler): Position {
    return this.#cursors.get(this.#keyOf(handler)) ?? START;
  }
}

const WAITS_MS = { idle: POLL_INTERVAL_MS, unsettled: UNSETTLED_POLL_MS, failed: READ_RETRY_MS } as const;

function isStoreAway(error: unknown): boolean {
  return isFault(error) && error.retry === 'transient' && error.code.startsWith('STORE_');
}
