/** What was asked to be done about all open exceptions of one cause, and how far that is. */
import { defineEntity, type InferEntity } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { GroupWish } from '../domain/group-act.ts';
import { ExceptionRow } from './tables.ts';

export const GroupAct = defineEntity({
  name: 'GroupAct',
  properties: (p) => ({
    id: p.string().primary(),
    causeId: p.string().index(),
    migrationId: p.string(),
    wish: p.json<GroupWish>(),
    actor: p.string(),
    askedAt: p.string(),
    endedAt: p.string().nullable(),
    /** Open when it was asked. */
    total: p.integer(),
    /** The place of the last exception it came to. */
    seq: p.integer().default(0),
    /** To how many it was done; a re-check closed them. */
    done: p.integer().default(0),
    /** How many refused it: for a re-check, those that still disagree or cannot be told. */
    refused: p.integer().default(0),
  }),
});
export type GroupAct = InferEntity<typeof GroupAct>;

export function findGroupAct(em: SqlEntityManager, id: string): Promise<GroupAct | null> {
  return em.findOne(GroupAct, { id });
}

/** Up to `limit` open exceptions of the cause after a place, in the order they were raised. */
export function openOfCause(
  em: SqlEntityManager,
  causeId: string,
  seq: number,
  limit: number,
): Promise<ExceptionRow[]> {
  return em.find(ExceptionRow, { causeId, isOpen: true, seq: { $gt: seq } }, { orderBy: { seq: 'asc' }, limit });
}
