/**
 * Ends remedies: their batches were reconciled again as a whole, with the items that were moved again. What of their
 * exceptions, and of others about the same items, was not seen again agrees now, by the step that had seen it, and is
 * closed.
 */
import type { Lease } from '../../../runtime/store.ts';
import type { Agreement } from '../domain/exception.ts';
import { exceptionOf, openOfCategory } from '../store/exceptions.ts';
import { findRemedy, membersOf, type MovedItems, remediesMoved, unseenOf } from '../store/remedies.ts';
import type { ExceptionRow } from '../store/tables.ts';
import { closeIfAgreed } from './act-on-exception.ts';
import { SEEN_BY_PEOPLE } from './look-again.ts';
import type { MigrationTask } from './migration-work.ts';
import { entryOf, VALIDATION } from './raise.ts';

const EXCEPTIONS_PER_PAGE = 200;

/** A crash in between begins anew: what is closed stays closed, and none has ended before all are looked at. */
export async function endRemedies(task: MigrationTask, lease: Lease): Promise<void> {
  const { house, migration } = task;
  const moved = await house.store.read((em) => remediesMoved(em, migration.id));
  // What moved after this look began is looked at by the next.
  const due = moved.flatMap(({ id, remedyOf: batchId, round }) =>
    round != null && round <= migration.round ? [{ id, batchId, round }] : [],
  );
  if (due.length === 0) return;
  const counts = new Map<string, Counts>();
  for (const { id, batchId, round } of due) {
    const items = new Set<string>();
    const pages = async (last: ExceptionRow | undefined): Promise<readonly ExceptionRow[]> => {
      const page = await house.store.read((em) => membersOf(em, id, last?.id ?? '', EXCEPTIONS_PER_PAGE));
      for (const { itemId } of page) if (itemId != null) items.add(itemId);
      return page;
    };
    counts.set(id, await closeUnseen(task, round, pages, lease));
    await closeBeside(task, { batchId, itemIds: [...items], round }, lease);
  }
  await closeCharts(task, Math.max(...due.map(({ round }) => round)), lease);
  await house.store.transact(async (unit) => {
    await unit.hold(lease);
    const at = house.clock.now();
    for (const [id, { closed, left }] of counts) {
      const remedy = await findRemedy(unit.em, id);
      if (remedy === null) continue;
      Object.assign(remedy, { state: 'ended', closed, left });
      const reason = `${closed} closed, ${left} left`;
      unit.audit(entryOf({ action: 'remedy-ended', subject: id, occurrence: '1', at, reason }));
    }
  });
}

interface Counts {
  readonly closed: number;
  readonly left: number;
}

/** Charts were looked at whole again, and the same ones opened again. */
async function closeCharts(task: MigrationTask, round: number, lease: Lease): Promise<void> {
  const { house, migration } = task;
  for (const category of ['incomplete-chart', 'workflow-failed'] as const) {
    const pages = (last: ExceptionRow | undefined) =>
      house.store.read((em) => openOfCategory(em, migration.id, category, last?.id ?? '', EXCEPTIONS_PER_PAGE));
    await closeUnseen(task, round, pages, lease);
  }
}

/** What else was found about the items, and nobody had named: nothing else would look at it again as they are now. */
async function closeBeside(task: MigrationTask, moved: MovedItems, lease: Lease): Promise<void> {
  const pages = (last: ExceptionRow | undefined) =>
    task.house.store.read((em) => unseenOf(em, moved, last?.seq ?? 0, EXCEPTIONS_PER_PAGE));
  await closeUnseen(task, moved.round, pages, lease);
}

async function closeUnseen(
  { house }: MigrationTask,
  round: number,
  pageAfter: (last: ExceptionRow | undefined) => Promise<readonly ExceptionRow[]>,
  lease: Lease,
): Promise<Counts> {
  const counts = { closed: 0, left: 0 };
  for (let last: ExceptionRow | undefined; ; ) {
    const rows = await pageAfter(last);
    for (const row of rows) {
      lease.signal.throwIfAborted();
      // What an earlier run of this job has closed is counted with the others.
      const isClosed =
        row.closedBy === 'recheck' || (await closeIfAgreed(house, row.id, seenOf(row, round), VALIDATION)).ok;
      counts[isClosed ? 'closed' : 'left'] += 1;
    }
    last = rows.at(-1);
    if (last === undefined) return counts;
  }
}

function seenOf(row: ExceptionRow, round: number): Agreement {
  if (exceptionOf(row).origin === 'script') return SEEN_BY_PEOPLE;
  if (row.round < round) return { kind: 'agrees' };
  return { kind: 'disagrees', note: 'it was seen again after its item was moved again' };
}
