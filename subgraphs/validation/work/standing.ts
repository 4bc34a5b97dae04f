/** What is told of open exceptions as a whole is counted in a job of its own. */
import type { Unit } from '../../../runtime/store.ts';

export const STANDING_JOB = 'validation.standing';

/** Once the unit is committed, what it changed is counted; many changes are counted once. */
export function askForStanding(unit: Pick<Unit, 'enqueue'>, migrationId: string): void {
  unit.enqueue({ kind: STANDING_JOB, key: migrationId, payload: { migrationId } });
}
