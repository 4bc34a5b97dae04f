/**
 * Ends remedies: their batches were reconciled again as a whole, with the items that were moved again. What of their
 * exceptions was not seen again agrees now, by the step that had seen it, and is closed.
 */
import type { Lease } from '../../../runtime/store.ts';
import type { Agreement } from '../domain/exception.ts';
import { exceptionOf, openOfCategory } from '../store/exceptions.ts';
import { findRemedy, membersOf, remediesMoved } from '../store/remedies.ts';
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
  const due = moved.flatMap(({ id, round }) => (round != null && round <= migration.round ? [{ id, round }] : []));
  if (due.length === 0) return;
  const counts = new Map<string, Counts>();
  for (const { id, round } of due) {
    const pages = (after: string) => house.store.read((em) => membersOf(em, id, after, EXCEPTIONS_PER_PAGE));
    counts.set(id, await closeUnseen(task, round, pages, lease));
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
    const pages = (after: string) =>
      house.store.read((em) => openOfCategory(em, migration.id, category, after, EXCEPTIONS_PER_PAGE));
    await closeUnseen(task, round, pages, lease);
  }
}

async function closeUnseen(
  { house }: MigrationTask,
  round: number,
  pageAfter: (id: string) => Promise<readonly ExceptionRow[]>,
  lease: Lease,
): Promise<Counts> {
  const counts = { closed: 0, left: 0 };
  for (let after = ''; ; ) {
    const rows = await pageAfter(after);
    for (const row of rows) {
      lease.signal.throwIfAborted();
      // What an earlier run of this job has closed is counted with the others.
      const isClosed =
        row.closedBy === 'recheck' || (await closeIfAgreed(house, row.id, seenOf(row, round), VALIDATION)).ok;
      counts[isClosed ? 'closed' : 'left'] += 1;
    }
    const last = rows.at(-1);
    if (last === undefined) return counts;
    after = last.id;
  }
}

function seenOf(row: ExceptionRow, round: number): Agreement {
  if (exceptionOf(row).origin === 'script') return SEEN_BY_PEOPLE;
  if (row.round < round) return { kind: 'agrees' };
  return { kind: 'disagrees', note: 'it was seen again after its item was moved again' };
}
