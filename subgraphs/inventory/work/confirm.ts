/** Confirming what was seen to outside of Waybill, and taking a confirmation back. */
import { type Actor, hasRole } from '../../../kernel/actor.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import { credentialName } from '../domain/certificate.ts';
import { CONFIRMED_BY, type ConfirmationWish, decideConfirmation } from '../domain/confirmation.ts';
import { systemsOf } from '../store/find.ts';
import { endpointsOf, lockMigration } from '../store/migration-rows.ts';
import { Confirmation } from '../store/programme-tables.ts';
import { entryOf, eventOf, refusalEntry } from './announce.ts';
import type { InventoryContext } from './context.ts';
import { factsChanged } from './facts-changed.ts';
import { unknownMigration } from './survey-migration.ts';

/** The same again is the same confirmation. Refuses with MIGRATION_UNKNOWN, ROLE_REQUIRED and by the rule. */
export function confirm(context: InventoryContext, wish: ConfirmationWish, actor: Actor): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const { migrationId, kind, subject } = wish;
    const now = context.clock.now();
    const migration = await lockMigration(unit.em, migrationId);
    const subjects = await subjectsOf(unit, wish);
    const decision =
      migration === null
        ? unknownMigration()
        : hasRole(actor, ...CONFIRMED_BY[kind])
          ? decideConfirmation(wish, { subjects, confirmedBy: actor.id, now })
          : roleRequired(wish);
    const act = { action: 'fact-confirmed', subject: migrationId, actor, reason: kind };
    if (migration === null || !decision.ok) {
      const refusal = decision.ok ? unknownMigration() : decision;
      unit.audit(refusalEntry(context, act, refusal.refusals));
      return refusal;
    }
    const { id, happenedAt } = decision.value;
    const confirmedAt = now.toISOString();
    if ((await unit.em.findOne(Confirmation, { id })) !== null) return granted(id);
    await unit.em.insert(Confirmation, { ...decision.value, confirmedAt, withdrawnBy: null, withdrawnAt: null });
    const payload = { migrationId, confirmationId: id, kind, subject, happenedAt, withdrawn: false };
    unit.emit(
      eventOf(context, { type: 'inventory.fact-confirmed.v1', subject: migrationId, occurrence: id, actor, payload }),
    );
    unit.audit(entryOf(context, { ...act, subject: id, occurrence: id }));
    factsChanged(unit, migration);
    return granted(id);
  });
}

/** By whoever may confirm the same. Refuses with CONFIRMATION_UNKNOWN and ROLE_REQUIRED. */
export function withdrawConfirmation(context: InventoryContext, id: Id, actor: Actor): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const known = await unit.em.findOne(Confirmation, { id });
    const migration = known && (await lockMigration(unit.em, known.migrationId));
    const act = { action: 'confirmation-withdrawn', subject: id, actor };
    if (known === null || migration === null || !hasRole(actor, ...CONFIRMED_BY[known.kind])) {
      const refusal = known === null || migration === null ? unknownConfirmation() : roleRequired(known);
      unit.audit(refusalEntry(context, act, refusal.refusals));
      return refusal;
    }
    if (known.withdrawnBy !== null) return granted(id);
    Object.assign(known, { withdrawnBy: actor.id, withdrawnAt: context.clock.now().toISOString() });
    const { migrationId, kind, subject, happenedAt } = known;
    const payload = { migrationId, confirmationId: id, kind, subject, happenedAt, withdrawn: true };
    const occurrence = `${id} withdrawn`;
    unit.emit(
      eventOf(context, { type: 'inventory.fact-confirmed.v1', subject: migrationId, occurrence, actor, payload }),
    );
    unit.audit(entryOf(context, { ...act, occurrence: id }));
    factsChanged(unit, migration);
    return granted(id);
  });
}

/** What a confirmation of that kind can be about; any scope of a review. */
async function subjectsOf(unit: Unit, { kind, migrationId }: ConfirmationWish): Promise<readonly string[] | undefined> {
  switch (kind) {
    case 'backup':
      return (await systemsOf(unit.em, migrationId)).map(({ name }) => name);
    case 'credential-rotation':
      return (await endpointsOf(unit.em, migrationId)).flatMap(({ label, secrets }) =>
        Object.keys(secrets).map((name) => credentialName(label, name)),
      );
    case 'access-review':
      return undefined;
    default:
      return kind satisfies never;
  }
}

function roleRequired({ kind }: Pick<ConfirmationWish, 'kind'>): ReturnType<typeof refused> {
  const roles = CONFIRMED_BY[kind].join(' or ');
  return refused({
    code: 'ROLE_REQUIRED',
    message: `a confirmation of the kind ${kind} needs the role ${roles}`,
    field: ['kind'],
    remedy: `ask somebody who holds the role ${roles}`,
  });
}

function unknownConfirmation(): ReturnType<typeof refused> {
  return refused({
    code: 'CONFIRMATION_UNKNOWN',
    message: 'there is no such confirmation',
    field: ['confirmationId'],
    remedy: 'look its id up in the confirmations of the migration',
  });
}
