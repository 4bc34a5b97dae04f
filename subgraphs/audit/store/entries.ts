/** Finding entries: where in the log they stand. */
import type { FilterQuery } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { AuditEntry } from '../../../kernel/event.ts';
import type { Id } from '../../../kernel/id.ts';
import { LogEntry } from './tables.ts';

const SUBJECTS_PER_QUERY_MAX = 500;

export interface EntryFilter {
  readonly subject?: Id | undefined;
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  readonly plane?: AuditEntry['plane'] | undefined;
  readonly outcome?: AuditEntry['outcome'] | undefined;
  /** Only entries at positions below this one. */
  readonly below?: number | undefined;
}

export interface EntryPage {
  readonly entries: readonly LogEntry[];
  readonly total: number;
}

/** Up to `first` entries after a position, oldest first, and how many there are in all. */
export async function pageOfEntries(
  em: SqlEntityManager,
  filter: EntryFilter,
  first: number,
  after: number | undefined,
): Promise<EntryPage> {
  const chosen = chosenBy(filter);
  const beyond: FilterQuery<LogEntry> = after === undefined ? {} : { position: { $gt: after } };
  const [entries, total] = await Promise.all([
    em.find(LogEntry, { $and: [chosen, beyond] }, { orderBy: { position: 'asc' }, limit: first }),
    em.count(LogEntry, chosen),
  ]);
  return { entries, total };
}

/** The positions below `size` of the entries about any of the subjects, in order. */
export async function positionsAbout(
  em: SqlEntityManager,
  subjects: readonly Id[],
  size: number,
): Promise<readonly number[]> {
  const positions: number[] = [];
  for (let from = 0; from < subjects.length; from += SUBJECTS_PER_QUERY_MAX) {
    const some = subjects.slice(from, from + SUBJECTS_PER_QUERY_MAX);
    const where: FilterQuery<LogEntry> = { subject: { $in: some }, position: { $lt: size } };
    for (const { position } of await em.find(LogEntry, where, { fields: ['position'] })) positions.push(position);
  }
  return positions.sort((left, right) => left - right);
}

/** The positions below `size` of all decisions, and what each is about, in order. */
export async function decisionsBelow(
  em: SqlEntityManager,
  size: number,
): Promise<readonly { readonly position: number; readonly subject: Id }[]> {
  const where: FilterQuery<LogEntry> = { isDecision: true, position: { $lt: size } };
  return await em.find(LogEntry, where, { fields: ['position', 'subject'], orderBy: { position: 'asc' } });
}

/** Where the entry with this id stands; undefined when it is not in the log yet. */
export async function findEntry(em: SqlEntityManager, id: Id): Promise<LogEntry | undefined> {
  return (await em.findOne(LogEntry, { id })) ?? undefined;
}

export async function entryAt(em: SqlEntityManager, position: number): Promise<LogEntry | undefined> {
  return (await em.findOne(LogEntry, { position })) ?? undefined;
}

function chosenBy({ subject, actor, action, plane, outcome, below }: EntryFilter): FilterQuery<LogEntry> {
  return {
    ...(subject !== undefined && { subject }),
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(plane !== undefined && { plane }),
    ...(outcome !== undefined && { outcome }),
    ...(below !== undefined && { position: { $lt: below } }),
  };
}
