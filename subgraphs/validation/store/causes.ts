/** Causes: counted in the transaction that raises, closes or opens one of their exceptions. */
import { LockMode, type FilterQuery } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { causeOf } from '../domain/cause.ts';
import type { Category, Severity } from '../domain/category.ts';
import type { ReconciliationException } from '../domain/exception.ts';
import { CauseRow, ExceptionRow } from './tables.ts';

export interface CauseFilter {
  readonly migrationId: string;
  readonly datasetIds?: readonly string[] | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly severities?: readonly string[] | undefined;
  /** Those with an open exception only. */
  readonly isOpen?: boolean | undefined;
}

/** What happened to the exceptions of one cause in a transaction. */
interface Tally {
  /** One of them, from which the cause is made when it is new. */
  readonly example: ReconciliationException;
  severity: Severity;
  /** Raised for the first time. */
  fresh: number;
  /** Opened again, less those closed. */
  opened: number;
}

/** Gathers what happens to exceptions in a transaction; `write` counts their causes, in one order for everybody. */
export class CauseBook {
  readonly #tallies = new Map<string, Tally>();

  add(exception: ReconciliationException, happened: 'raised' | 'opened' | 'closed'): void {
    const { causeId, severity } = exception;
    const tally = this.#tallies.get(causeId) ?? { example: exception, severity, fresh: 0, opened: 0 };
    if (severity < tally.severity) tally.severity = severity;
    if (happened === 'raised') tally.fresh += 1;
    else tally.opened += happened === 'opened' ? 1 : -1;
    this.#tallies.set(causeId, tally);
  }

  /** After the exceptions themselves are written. `at`: when the ones raised or opened were seen. */
  async write(em: SqlEntityManager, at: Date): Promise<void> {
    for (const id of [...this.#tallies.keys()].toSorted()) {
      const tally = this.#tallies.get(id);
      if (tally !== undefined) await count(em, tally, at.toISOString());
    }
    this.#tallies.clear();
  }
}

async function count(em: SqlEntityManager, { example, severity, fresh, opened }: Tally, at: string): Promise<void> {
  const cause = causeOf(example);
  const { id } = cause;
  const blank = { severity, open: 0, total: 0, firstSeenAt: at, lastSeenAt: at, oldestDueAt: null };
  await em.upsert(CauseRow, { ...cause, ...blank }, { onConflictAction: 'ignore' });
  const row = await em.findOneOrFail(CauseRow, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  const [oldest] = await em.find(
    ExceptionRow,
    { causeId: id, isOpen: true },
    { orderBy: { dueAt: 'asc' }, limit: 1, fields: ['dueAt'] },
  );
  row.total += fresh;
  row.open += fresh + opened;
  row.oldestDueAt = oldest?.dueAt ?? null;
  if (severity < row.severity) row.severity = severity;
  if (fresh + opened > 0 && at > row.lastSeenAt) row.lastSeenAt = at;
  await em.flush();
}

export function findCause(em: SqlEntityManager, id: string): Promise<CauseRow | null> {
  return em.findOne(CauseRow, { id });
}

/** Gravest first: by severity, then by how many are open, then by id. */
export interface CausePlace {
  readonly severity: Severity;
  readonly open: number;
  readonly id: string;
}

/** Up to `limit` causes after a place, gravest first. */
export function pageOfCauses(
  em: SqlEntityManager,
  filter: CauseFilter,
  limit: number,
  after: CausePlace | undefined,
): Promise<CauseRow[]> {
  const { migrationId, datasetIds, categories, severities, isOpen } = filter;
  const chosen: FilterQuery<CauseRow> = {
    migrationId,
    ...(datasetIds && { datasetId: { $in: [...datasetIds] } }),
    ...(categories && { category: { $in: [...categories] as Category[] } }),
    ...(severities && { severity: { $in: [...severities] as Severity[] } }),
    ...(isOpen === true && { open: { $gt: 0 } }),
  };
  const beyond: FilterQuery<CauseRow>[] =
    after === undefined
      ? []
      : [
          { severity: { $gt: after.severity } },
          { severity: after.severity, open: { $lt: after.open } },
          { severity: after.severity, open: after.open, id: { $gt: after.id } },
        ];
  const where: FilterQuery<CauseRow> = beyond.length === 0 ? chosen : { $and: [chosen, { $or: beyond }] };
  return em.find(CauseRow, where, { orderBy: [{ severity: 'asc' }, { open: 'desc' }, { id: 'asc' }], limit });
}
