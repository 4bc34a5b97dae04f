/** What was done about exceptions: written in the transaction of the deed, read by exception or by cursor. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Unit } from '../../../runtime/store.ts';
import type { ActionName } from '../domain/exception.ts';
import { ExceptionAct, ExceptionRow, type Migration } from './tables.ts';

/** Counts a change of the exception and notes it; `migration` must be locked: its acts have one order. */
export function noteAct(
  unit: Unit,
  migration: Migration,
  row: ExceptionRow,
  act: { readonly action: ActionName; readonly actor: string; readonly at: Date; readonly text?: string | undefined },
): void {
  const { action, actor, at, text = null } = act;
  row.changes += 1;
  migration.actSeq += 1;
  const place = { exceptionId: row.id, number: row.changes, migrationId: migration.id, seq: migration.actSeq };
  const data = { ...place, action, actor, at: at.toISOString(), state: row.state, text };
  unit.em.create(ExceptionAct, data, { persist: true });
}

/** Up to `limit` acts on an exception after one of them, oldest first. */
export function historyOf(
  em: SqlEntityManager,
  exceptionId: string,
  after: number,
  limit: number,
): Promise<ExceptionAct[]> {
  return em.find(ExceptionAct, { exceptionId, number: { $gt: after } }, { orderBy: { number: 'asc' }, limit });
}

export interface PlacedAct {
  readonly act: ExceptionAct;
  /** As it is now: it may have been changed again since. */
  readonly exception: ExceptionRow;
}

/** Up to `limit` acts on the exceptions of a migration after a place in the order of commits. */
export async function actsAfter(
  em: SqlEntityManager,
  migrationId: string,
  seq: number,
  limit: number,
): Promise<readonly PlacedAct[]> {
  const acts = await em.find(ExceptionAct, { migrationId, seq: { $gt: seq } }, { orderBy: { seq: 'asc' }, limit });
  const ids = [...new Set(acts.map(({ exceptionId }) => exceptionId))];
  const rows = await em.find(ExceptionRow, { id: { $in: ids } });
  const exceptions = new Map(rows.map((row) => [row.id, row]));
  return acts.flatMap((act) => {
    const exception = exceptions.get(act.exceptionId);
    return exception === undefined ? [] : [{ act, exception }];
  });
}
