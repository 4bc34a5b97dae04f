/** What people do about an exception: name an owner, have it looked at again, ask for a waiver, approve one. */
import { LockMode } from '@mikro-orm/core';
import type { Actor } from '../../../kernel/actor.ts';
import { refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import { assign, closeByRecheck, type ReconciliationException } from '../domain/exception.ts';
import { approveWaiver, proposeWaiver, waiverDigest, type WaiverRequest } from '../domain/waiver.ts';
import { exceptionOf, findException, itemsOfException, rowOf } from '../store/exceptions.ts';
import { ExceptionRow, Waiver } from '../store/tables.ts';
import type { House } from './house.ts';
import { lookAgain } from './look-again.ts';
import { entryOf, eventOf } from './raise.ts';
import { recount, redispose } from './redispose.ts';

/** The exception after the act, or why it was not done. */
export type Acted = Outcome<ReconciliationException>;

interface Act {
  readonly action: string;
  readonly actor: Actor;
  readonly now: Date;
}

export function assignException(house: House, id: string, owner: string, actor: Actor): Promise<Acted> {
  const now = house.clock.now();
  return change(house, id, { action: 'exception-assigned', actor, now }, async (exception) =>
    assign(exception, owner, now),
  );
}

/** Closes the exception when the data agrees now, at the target and at the original. */
export async function recheckException(house: House, id: string, actor: Actor, signal: AbortSignal): Promise<Acted> {
  const row = await house.store.read((em) => findException(em, id));
  if (row === null) return refused(unknown(id));
  const agreement = await lookAgain(house, exceptionOf(row), signal);
  const now = house.clock.now();
  return change(house, id, { action: 'exception-rechecked', actor, now }, async (exception) =>
    closeByRecheck(exception, agreement, now),
  );
}

export interface Proposed {
  readonly exception: ReconciliationException;
  readonly digest: string;
}

export async function proposeExceptionWaiver(
  house: House,
  id: string,
  asked: { readonly reason: string; readonly expiresAt: Date },
  actor: Actor,
): Promise<Outcome<Proposed>> {
  const now = house.clock.now();
  let digest = '';
  const acted = await change(house, id, { action: 'waiver-proposed', actor, now }, async (exception, unit) => {
    const proposed = proposeWaiver(exception, asked, actor, now);
    if (!proposed.ok) return proposed;
    digest = waiverDigest(proposed.value);
    const { exceptionId, reason, expiresAt, proposedBy } = proposed.value;
    const times = { expiresAt: expiresAt.toISOString(), proposedAt: now.toISOString() };
    const waiver = { digest, exceptionId, reason, proposedBy, ...times, approvedBy: null, approvedAt: null };
    await unit.em.upsert(Waiver, waiver, { onConflictAction: 'ignore' });
    return { ok: true, value: exception };
  });
  return acted.ok ? { ok: true, value: { exception: acted.value, digest } } : acted;
}

/** Closes the exception until the waiver ends. Never by whoever asked for it. */
export async function approveExceptionWaiver(house: House, digest: string, actor: Actor): Promise<Acted> {
  const now = house.clock.now();
  const waiver = await house.store.read((em) => em.findOne(Waiver, { digest }));
  if (waiver === null) return refused(unknownWaiver(digest));
  const { exceptionId, reason, expiresAt, proposedBy } = waiver;
  const request: WaiverRequest = { exceptionId, reason, expiresAt: new Date(expiresAt), proposedBy };
  return change(house, exceptionId, { action: 'waiver-approved', actor, now }, async (exception, unit) => {
    const approved = approveWaiver(exception, request, actor, now);
    if (!approved.ok) return approved;
    const { approvedBy, approvedAt } = approved.value.approval;
    await unit.em.nativeUpdate(Waiver, { digest }, { approvedBy, approvedAt });
    return { ok: true, value: approved.value.exception };
  });
}

type Decide = (exception: ReconciliationException, unit: Unit) => Promise<Outcome<ReconciliationException>>;

/** Decides with the row locked; change, event and entry are committed together. Refusals are recorded too. */
async function change(house: House, id: string, act: Act, decide: Decide): Promise<Acted> {
  const acted = await house.store.transact(async (unit): Promise<Acted> => {
    const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true } as const;
    const row = await unit.em.findOne(ExceptionRow, { id }, lock);
    if (row === null) return refused(unknown(id));
    const before = exceptionOf(row);
    const decided = await decide(before, unit);
    record(unit, row, act, decided);
    if (!decided.ok) return decided;
    Object.assign(row, rowOf(decided.value));
    row.changes += 1;
    await unit.em.flush();
    if (before.state !== 'closed' && decided.value.state === 'closed') await close(unit, row, act);
    return decided;
  });
  if (acted.ok) house.watchers.raised(acted.value.migrationId);
  return acted;
}

function record(unit: Unit, row: ExceptionRow, { action, actor, now }: Act, decided: Acted): void {
  const about = { action, subject: row.id, actor: actor.id, at: now };
  if (decided.ok) return unit.audit(entryOf({ ...about, occurrence: String(row.changes + 1) }));
  const reason = decided.refusals.map(({ code }) => code).join(' ');
  const occurrence = `${row.changes} ${actor.id} ${reason}`;
  unit.audit(entryOf({ ...about, occurrence, outcome: 'refused', reason }));
}

/** Says that it is closed, and looks again at the items that it put in doubt. */
async function close(unit: Unit, row: ExceptionRow, { actor, now }: Act): Promise<void> {
  const by = row.closedBy ?? 'recheck';
  const payload = { exceptionId: row.id, by };
  const about = { subject: row.id, occurrence: String(row.changes), at: now, actor: actor.id };
  unit.emit(eventOf({ type: 'validation.exception-closed.v1', payload, ...about }));
  const items = await itemsOfException(unit.em, row.id);
  const batches = new Set(items.map(({ batchId }) => batchId));
  for (const batchId of batches) {
    const own = items.filter((item) => item.batchId === batchId).map(({ itemId }) => itemId);
    await redispose(unit.em, batchId, own);
    await recount(unit.em, batchId);
  }
}

function unknown(id: string): Refusal {
  const message = `there is no exception ${id}`;
  return {
    code: 'EXCEPTION_UNKNOWN',
    message,
    field: ['input', 'exceptionId'],
    remedy: 'take an id from the list of exceptions',
  };
}

function unknownWaiver(digest: string): Refusal {
  const message = `no waiver was asked for under ${digest}`;
  return {
    code: 'WAIVER_UNKNOWN',
    message,
    field: ['input', 'digest'],
    remedy: 'take the digest the proposal answered',
  };
}
