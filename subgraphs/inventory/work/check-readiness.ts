/** Looking again at what may have changed outside: both ends are tried, and every line is judged anew. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, type Outcome } from '../../../kernel/refusal.ts';
import { lockMigration } from '../store/migration-rows.ts';
import { entryOf, refusalEntry } from './announce.ts';
import type { InventoryContext } from './context.ts';
import { factsChanged } from './facts-changed.ts';
import { unknownMigration } from './survey-migration.ts';

/** Readiness is pending until that is done. Refuses with MIGRATION_UNKNOWN. */
export function checkReadiness(context: InventoryContext, id: Id, actor: Actor): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const migration = await lockMigration(unit.em, id);
    const act = { action: 'readiness-check-requested', subject: id, actor };
    if (migration === null) {
      const refusal = unknownMigration();
      unit.audit(refusalEntry(context, act, refusal.refusals));
      return refusal;
    }
    factsChanged(unit, migration);
    unit.audit(entryOf(context, act));
    return granted(id);
  });
}
