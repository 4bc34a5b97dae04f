/** Following events: every process of a house is told each event of a type, for what it keeps in memory alone. */
import type { EventType, WaybillEvent } from '../kernel/event.ts';
import type { Database } from './database.ts';
import { errorFacts, type Log } from './log.ts';
import { eventsAfter, type Position, START } from './outbox.ts';
import { Alarm } from './wakeups.ts';

export interface FollowOptions {
  readonly database: Database;
  readonly log: Log;
  readonly type: EventType;
  /** Told in the order of commits; what it throws is logged, and the next event comes all the same. */
  readonly tell: (event: WaybillEvent) => void;
}

const EVENTS_PER_READ = 100;
/** Wake-ups are hints; this is how late an event may be when one was lost. */
const POLL_INTERVAL_MS = 1_000;

/**
 * Resolves once everything that was told before is told again: who follows knows what a process before it knew. The
 * answer ends it. Unlike an event handler it saves nothing, and every process hears everything.
 */
export async function follow({ database, log, type, tell }: FollowOptions): Promise<() => Promise<void>> {
  let position: Position = START;
  const catchUp = async (): Promise<void> => {
    for (let isMore = true; isMore; ) {
      const events = await eventsAfter(database.platform, new Map([[type, position]]), EVENTS_PER_READ);
      for (const placed of events) {
        position = placed.position;
        try {
          tell(placed.event);
        } catch (error) {
          log.error('an event was not understood', { event: type, id: placed.event.id, ...errorFacts(error) });
        }
      }
      isMore = events.length === EVENTS_PER_READ;
    }
  };
  await catchUp();
  const alarm = new Alarm();
  const unsubscribe = database.platform.wakeups.on('event', () => alarm.ring());
  let isOpen = true;
  const running = (async () => {
    while (isOpen) {
      await alarm.wait(POLL_INTERVAL_MS);
      if (isOpen) {
        await catchUp().catch((error: unknown) => {
          log.warn('events could not be read', { event: type, ...errorFacts(error) });
        });
      }
    }
  })();
  return async () => {
    isOpen = false;
    unsubscribe();
    alarm.ring();
    await running;
  };
}
