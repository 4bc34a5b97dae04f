/** Tells how many open exceptions nobody answers for, and how many are late: none of them is ever out of sight. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { JobHandler, Lease } from '../../../runtime/store.ts';
import type { Timetable } from '../../../runtime/timetable.ts';
import { reopenAfterWaiver } from '../domain/exception.ts';
import { lockMigration, migrationIds } from '../store/copies.ts';
import { countOfExceptions } from '../store/exception-pages.ts';
import { waiversRunOut } from '../store/exceptions.ts';
import { changeException } from './change-exception.ts';
import type { House } from './house.ts';
import { eventOf, VALIDATION } from './raise.ts';
import { askForStanding, STANDING_JOB } from './standing.ts';

const EVERY_MINUTE = '* * * * *';
const WAIVERS_PER_PAGE = 100;

/** Exceptions become late and waivers run out while nobody does anything. */
export function standingTimetable(house: House): Timetable {
  return {
    name: 'validation.standing',
    cron: EVERY_MINUTE,
    async tick() {
      const ids = await house.store.read((em) => migrationIds(em));
      await house.store.transact(async (unit) => {
        for (const id of ids) askForStanding(unit, id);
      });
    },
  };
}

export function standingJob(house: House): JobHandler {
  return {
    kind: STANDING_JOB,
    async run(payload: Json, lease: Lease) {
      const { migrationId } = payload as { readonly migrationId: string };
      await openAfterWaivers(house, migrationId, lease);
      await tellStanding(house, migrationId, lease);
    },
  };
}

async function openAfterWaivers(house: House, migrationId: string, { signal }: Lease): Promise<void> {
  for (;;) {
    const now = house.clock.now();
    const ids = await house.store.read((em) => waiversRunOut(em, migrationId, now.toISOString(), WAIVERS_PER_PAGE));
    if (ids.length === 0) return;
    for (const id of ids) {
      signal.throwIfAborted();
      const act = { action: 'exception-reopened', actor: VALIDATION.id, now } as const;
      await changeException(house, id, act, (exception) => reopenAfterWaiver(exception, now));
    }
  }
}

async function tellStanding(house: House, migrationId: string, lease: Lease): Promise<void> {
  const now = house.clock.now();
  const at = now.toISOString();
  const { unowned, overdue } = await house.store.read(async (em) => ({
    unowned: await countOfExceptions(em, { migrationId, isUnowned: true }, at),
    overdue: await countOfExceptions(em, { migrationId, isOverdue: true }, at),
  }));
  await house.store.transact(async (unit) => {
    // Who changes an exception asks for this job with the migration locked: the same order here.
    const migration = await lockMigration(unit, migrationId);
    await unit.hold(lease);
    if (migration.unowned === unowned && migration.overdue === overdue) return;
    migration.standings += 1;
    Object.assign(migration, { unowned, overdue });
    const about = { subject: migrationId, occurrence: String(migration.standings), at: now };
    const payload = { migrationId, unowned, overdue };
    unit.emit(eventOf({ type: 'validation.exception-standing-changed.v1', payload, ...about }));
  });
}
