/** Looking at every migration on time: certificates end and surveys grow old while nobody does anything. */
import type { Timetable } from '../../../runtime/timetable.ts';
import { openWindow } from '../domain/window.ts';
import { pageOfMigrations } from '../store/find.ts';
import { type InventoryContext, READINESS_JOB } from './context.ts';

/** At 23 minutes past every hour. */
const EVERY_HOUR = '23 * * * *';
/** The newest; older ones are looked at when somebody asks. */
const MIGRATIONS_MAX = 100;

export function trustTimetable(context: InventoryContext): Timetable {
  return {
    name: 'inventory.trust',
    cron: EVERY_HOUR,
    async tick() {
      await context.store.transact(async (unit) => {
        const now = context.clock.now();
        for (const { id, programme } of await pageOfMigrations(unit.em, MIGRATIONS_MAX, undefined)) {
          const window = openWindow(programme?.window);
          if (window !== null && window.closesAt < now) continue;
          unit.enqueue({ kind: READINESS_JOB, key: id, payload: { migrationId: id } });
        }
      });
    },
  };
}
