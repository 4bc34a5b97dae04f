/** Says that something readiness depends on has changed, in the same transaction as the change. */
import type { Unit } from '../../../runtime/store.ts';
import type { Migration } from '../store/tables.ts';
import { READINESS_JOB } from './context.ts';

/** Until the job has looked at this revision, readiness is pending. */
export function factsChanged(unit: Unit, migration: Migration): void {
  migration.factsRevision += 1;
  unit.enqueue({ kind: READINESS_JOB, key: migration.id, payload: { migrationId: migration.id } });
}
