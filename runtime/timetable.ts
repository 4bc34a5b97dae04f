/** Timetables: work that begins by the clock on the wall. What is begun is a job, so that many processes do it once. */
import { schedule, type ScheduledTask } from 'node-cron';
import { errorFacts, type Log } from './log.ts';

export interface Timetable {
  readonly name: string;
  /** Five fields, in UTC: minute, hour, day of month, month, day of week (IEEE 1003.1 crontab). */
  readonly cron: string;
  /** Asks for what is due; may be called at any time, and does nothing twice. */
  tick(): Promise<void>;
}

/** Starts every timetable; the answer stops them. A tick that fails is logged, and the next one comes all the same. */
export function startTimetables(timetables: readonly Timetable[], log: Log): () => Promise<void> {
  const tasks: ScheduledTask[] = timetables.map(({ name, cron, tick }) =>
    schedule(
      cron,
      async () => {
        try {
          await tick();
        } catch (error) {
          log.warn('a timetable failed', { name, ...errorFacts(error) });
        }
      },
      { name, noOverlap: true, timezone: 'UTC' },
    ),
  );
  return async () => {
    for (const task of tasks) await task.destroy();
  };
}
