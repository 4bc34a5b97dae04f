/** What people do about an exception: name an owner, have it looked at again, ask for a waiver, approve one. */
import type { Actor } from '../../../kernel/actor.ts';
import { type Outcome, type Refusal, refused } from '../../../kernel/refusal.ts';
import { type Agreement, assign, closeByRecheck, type ReconciliationException, wordsOf } from '../domain/exception.ts';
import { approveWaiver, proposeWaiver, waiverDigest, type WaiverRequest } from '../domain/waiver.ts';
import { exceptionOf, findException } from '../store/exceptions.ts';
import { Waiver } from '../store/tables.ts';
import { type Acted, changeException, unknown } from './change-exception.ts';
import type { House } from './house.ts';
import { lookAgain } from './look-again.ts';

export function assignException(house: House, id: string, owner: string, actor: Actor): Promise<Acted> {
  const now = house.clock.now();
  return changeException(house, id, { action: 'exception-assigned', actor: actor.id, now }, (exception) =>
    assign(exception, owner, now),
  );
}

/** Adds words to the history of the exception, whatever its state. */
export async function commentException(house: House, id: string, text: string, actor: Actor): Promise<Acted> {
  const words = wordsOf('comment', text);
  const now = house.clock.now();
  const act = {
    action: 'exception-commented',
    actor: actor.id,
    now,
    text: words.ok ? words.value : undefined,
  } as const;
  return changeException(house, id, act, (exception) => (words.ok ? { ok: true, value: exception } : words));
}

/** Closes the exception when the data agrees now, at the target and at the original. */
export async function recheckException(house: House, id: string, actor: Actor, signal: AbortSignal): Promise<Acted> {
  const row = await house.store.read((em) => findException(em, id));
  if (row === null) return refused(unknown(id));
  return closeIfAgreed(house, id, await lookAgain(house, exceptionOf(row), signal), actor);
}

/** Closes what was just seen to agree, and keeps what was seen of everything else. */
export function closeIfAgreed(house: House, id: string, agreement: Agreement, actor: Actor): Promise<Acted> {
  const now = house.clock.now();
  const act = { action: 'exception-rechecked', actor: actor.id, now } as const;
  return changeException(house, id, act, (exception, _unit, row) => {
    Object.assign(row, { recheckedAt: now.toISOString(), recheckFound: agreement.kind });
    return closeByRecheck(exception, agreement, now);
  });
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
  const acted = await changeException(
    house,
    id,
    { action: 'waiver-proposed', actor: actor.id, now },
    async (exception, unit) => {
      const proposed = proposeWaiver(exception, asked, actor, now);
      if (!proposed.ok) return proposed;
      digest = waiverDigest(proposed.value);
      const { exceptionId, reason, expiresAt, proposedBy } = proposed.value;
      const times = { expiresAt: expiresAt.toISOString(), proposedAt: now.toISOString() };
      const waiver = { digest, exceptionId, reason, proposedBy, ...times, approvedBy: null, approvedAt: null };
      await unit.em.upsert(Waiver, waiver, { onConflictAction: 'ignore' });
      return { ok: true, value: exception };
    },
  );
  return acted.ok ? { ok: true, value: { exception: acted.value, digest } } : acted;
}

/** Closes the exception until the waiver ends. Never by whoever asked for it. */
export async function approveExceptionWaiver(house: House, digest: string, actor: Actor): Promise<Acted> {
  const now = house.clock.now();
  const waiver = await house.store.read((em) => em.findOne(Waiver, { digest }));
  if (waiver === null) return refused(unknownWaiver(digest));
  const { exceptionId, reason, expiresAt, proposedBy } = waiver;
  const request: WaiverRequest = { exceptionId, reason, expiresAt: new Date(expiresAt), proposedBy };
  return changeException(
    house,
    exceptionId,
    { action: 'waiver-approved', actor: actor.id, now },
    async (exception, unit) => {
      const approved = approveWaiver(exception, request, actor, now);
      if (!approved.ok) return approved;
      const { approvedBy, approvedAt } = approved.value.approval;
      await unit.em.nativeUpdate(Waiver, { digest }, { approvedBy, approvedAt });
      return { ok: true, value: approved.value.exception };
    },
  );
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
