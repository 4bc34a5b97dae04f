/** Does what was asked to every open exception of a cause, page by page; goes on after a crash where it was. */
import type { Actor } from '../../../kernel/actor.ts';
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import { derivedId } from '../../../kernel/id.ts';
import { granted, type Outcome, refused, type Refusal } from '../../../kernel/refusal.ts';
import type { JobHandler, Lease } from '../../../runtime/store.ts';
import type { ReconciliationException } from '../domain/exception.ts';
import { askOfGroup, type GroupWish } from '../domain/group-act.ts';
import { findCause } from '../store/causes.ts';
import { exceptionOf } from '../store/exceptions.ts';
import { findGroupAct, GroupAct, openOfCause } from '../store/group-acts.ts';
import { assignException, closeIfAgreed, proposeExceptionWaiver } from './act-on-exception.ts';
import type { Acted } from './change-exception.ts';
import type { House } from './house.ts';
import { lookAtAll } from './look-again.ts';
import { entryOf } from './raise.ts';

export const GROUP_JOB = 'validation.group-act';
const EXCEPTIONS_PER_PAGE = 100;

/** Asks for it; a job does it. Asking twice at the same moment asks once. */
export async function askForGroupAct(
  house: House,
  causeId: string,
  wish: GroupWish,
  actor: Actor,
): Promise<Outcome<GroupAct>> {
  const now = house.clock.now();
  return house.store.transact(async (unit) => {
    const cause = await findCause(unit.em, causeId);
    if (cause === null) return refused(unknownCause(causeId));
    const asked = askOfGroup(cause, wish);
    if (!asked.ok) return asked;
    const id = derivedId('gra', causeId, canonicalJson(wish), actor.id, now.toISOString(), String(cause.open));
    const known = await findGroupAct(unit.em, id);
    if (known !== null) return granted({ ...known });
    const { migrationId, open: total } = cause;
    const row = { id, causeId, migrationId, wish, actor: actor.id, askedAt: now.toISOString(), total };
    const act = unit.em.create(GroupAct, row, { persist: true });
    const reason = `${wish.kind} of ${total}`;
    unit.audit(
      entryOf({ action: 'exceptions-acted-on', subject: causeId, occurrence: id, actor: actor.id, at: now, reason }),
    );
    unit.enqueue({ kind: GROUP_JOB, key: id, payload: { id } });
    await unit.em.flush();
    return granted({ ...act });
  });
}

export function groupJob(house: House): JobHandler {
  return {
    kind: GROUP_JOB,
    async run(payload: Json, lease: Lease) {
      const { id } = payload as { readonly id: string };
      for (;;) {
        const act = await house.store.read((em) => findGroupAct(em, id));
        if (act === null || act.endedAt != null) return;
        lease.signal.throwIfAborted();
        await doPage(house, act, lease);
      }
    },
  };
}

async function doPage(house: House, act: GroupAct, lease: Lease): Promise<void> {
  const rows = await house.store.read((em) => openOfCause(em, act.causeId, act.seq, EXCEPTIONS_PER_PAGE));
  const seqs = new Map(rows.map(({ id, seq }) => [id, seq]));
  const counts = { done: 0, refused: 0 };
  for await (const acted of doneTo(house, rows.map(exceptionOf), act, lease.signal)) {
    if (acted.ok) counts.done += 1;
    else counts.refused += 1;
  }
  await house.store.transact(async (unit) => {
    await unit.hold(lease);
    const row = await findGroupAct(unit.em, act.id);
    if (row === null) return;
    row.done += counts.done;
    row.refused += counts.refused;
    if (rows.length < EXCEPTIONS_PER_PAGE) row.endedAt = house.clock.now().toISOString();
    else row.seq = Math.max(...seqs.values());
  });
}

/** What came of each, done as whoever asked for it. Whoever may ask is decided then; he is no other person later. */
async function* doneTo(
  house: House,
  exceptions: readonly ReconciliationException[],
  { wish, actor }: GroupAct,
  signal: AbortSignal,
): AsyncGenerator<Acted> {
  const asker: Actor = { type: 'user', id: actor, roles: [] };
  if (wish.kind === 'recheck') {
    for await (const { exception, agreement } of lookAtAll(house, exceptions, signal)) {
      yield await closeIfAgreed(house, exception.id, agreement, asker);
    }
    return;
  }
  for (const { id } of exceptions) {
    signal.throwIfAborted();
    if (wish.kind === 'assign') yield await assignException(house, id, wish.owner, asker);
    else {
      const asked = { reason: wish.reason, expiresAt: new Date(wish.expiresAt) };
      const proposed = await proposeExceptionWaiver(house, id, asked, asker);
      yield proposed.ok ? granted(proposed.value.exception) : proposed;
    }
  }
}

function unknownCause(causeId: string): Refusal {
  const message = `there is no cause ${causeId}`;
  const remedy = 'take an id from the causes of the migration';
  return { code: 'CAUSE_UNKNOWN', message, field: ['input', 'causeId'], remedy };
}
