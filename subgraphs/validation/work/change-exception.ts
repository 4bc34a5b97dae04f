/** The one way in which an exception changes: under locks, with its history, its event and its entry in the record. */
import { LockMode } from '@mikro-orm/core';
import { sha256 } from '../../../kernel/digest.ts';
import { refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import type { ActionName, ReconciliationException } from '../domain/exception.ts';
import { noteAct } from '../store/acts.ts';
import { CauseBook } from '../store/causes.ts';
import { lockMigration } from '../store/copies.ts';
import { exceptionOf, findException, itemsOfException, rowOf } from '../store/exceptions.ts';
import { ExceptionRow } from '../store/tables.ts';
import { assureChartOf } from './charts-now.ts';
import type { House } from './house.ts';
import { entryOf, eventOf } from './raise.ts';
import { recount, redispose } from './redispose.ts';
import { askForStanding } from './standing.ts';

/** The exception after the act, or why it was not done. */
export type Acted = Outcome<ReconciliationException>;

export interface Act {
  readonly action: ActionName;
  readonly actor: string;
  readonly now: Date;
  readonly text?: string | undefined;
}

export type Decide = (exception: ReconciliationException, unit: Unit, row: ExceptionRow) => Promise<Acted> | Acted;

/** Decides with the row locked; everything that follows is committed together. Refusals are recorded too. */
export async function changeException(house: House, id: string, act: Act, decide: Decide): Promise<Acted> {
  const acted = await house.store.transact((unit) => changeWithin(unit, id, act, decide));
  if (acted.ok) house.watchers.changed(acted.value.migrationId);
  return acted;
}

/** The same in a transaction that does more. */
export async function changeWithin(unit: Unit, id: string, act: Act, decide: Decide): Promise<Acted> {
  const known = await findException(unit.em, id);
  if (known === null) return refused(unknown(id));
  const migration = await lockMigration(unit, known.migrationId);
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true } as const;
  const row = await unit.em.findOneOrFail(ExceptionRow, { id }, lock);
  const before = exceptionOf(row);
  const decided = await decide(before, unit, row);
  record(unit, row, act, decided);
  if (!decided.ok) return decided;
  Object.assign(row, rowOf(decided.value));
  noteAct(unit, migration, row, { ...act, at: act.now });
  await unit.em.flush();
  const [wasClosed, isClosed] = [before.state === 'closed', decided.value.state === 'closed'];
  if (wasClosed !== isClosed) {
    const causes = new CauseBook();
    causes.add(decided.value, isClosed ? 'closed' : 'opened');
    await causes.write(unit.em, act.now);
    tellOpenness(unit, row, act);
    if (isClosed) {
      await disposeAgain(unit, row.id);
      await assureChartOf(unit.em, row);
    }
  }
  askForStanding(unit, migration.id);
  return decided;
}

function record(unit: Unit, row: ExceptionRow, { action, actor, now, text }: Act, decided: Acted): void {
  const about = { action, subject: row.id, actor, at: now };
  const words = text === undefined ? {} : { digests: { text: sha256(text) } };
  if (decided.ok) return unit.audit(entryOf({ ...about, ...words, occurrence: String(row.changes + 1) }));
  const reason = decided.refusals.map(({ code }) => code).join(' ');
  const occurrence = `${row.changes} ${actor} ${reason}`;
  unit.audit(entryOf({ ...about, occurrence, outcome: 'refused', reason }));
}

function tellOpenness(unit: Unit, row: ExceptionRow, { actor, now }: Act): void {
  const about = { subject: row.id, occurrence: String(row.changes), at: now, actor };
  const { id: exceptionId, migrationId } = row;
  if (row.isOpen) {
    const payload = { exceptionId, migrationId, because: 'waiver-ended' };
    unit.emit(eventOf({ type: 'validation.exception-reopened.v1', payload, ...about }));
  } else {
    const payload = { exceptionId, by: row.closedBy ?? 'recheck' };
    unit.emit(eventOf({ type: 'validation.exception-closed.v1', payload, ...about }));
  }
}

/** Looks again at the items that the exception put in doubt. */
async function disposeAgain(unit: Unit, exceptionId: string): Promise<void> {
  const items = await itemsOfException(unit.em, exceptionId);
  const batches = new Set(items.map(({ batchId }) => batchId));
  for (const batchId of [...batches].toSorted()) {
    const own = items.filter((item) => item.batchId === batchId).map(({ itemId }) => itemId);
    await redispose(unit.em, batchId, own);
    await recount(unit.em, batchId);
  }
}

export function unknown(id: string): Refusal {
  const message = `there is no exception ${id}`;
  return {
    code: 'EXCEPTION_UNKNOWN',
    message,
    field: ['input', 'exceptionId'],
    remedy: 'take an id from the list of exceptions',
  };
}
