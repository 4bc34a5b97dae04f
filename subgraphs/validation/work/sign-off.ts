/** Signing off: a role accepts or rejects what arrived, and the coverage matrix is sealed again with that in it. */
import type { Actor } from '../../../kernel/actor.ts';
import { granted, type Outcome } from '../../../kernel/refusal.ts';
import { sign, type Signature, type SignOff } from '../domain/acceptance.ts';
import { lockMigration } from '../store/copies.ts';
import { addSignOff } from '../store/sign-offs.ts';
import { acceptanceOf, coveredNow, sealCoverage } from './coverage.ts';
import type { House } from './house.ts';
import { entryOf, eventOf } from './raise.ts';
import { testingOf } from './scripts.ts';

export function signOff(
  house: House,
  migrationId: string,
  signature: Signature,
  actor: Actor,
): Promise<Outcome<SignOff>> {
  const at = house.clock.now();
  return house.store.transact(async (unit) => {
    const migration = await lockMigration(unit, migrationId);
    const { role, decision } = signature;
    const acceptance = await acceptanceOf(house, unit.em, migration);
    const testing = await testingOf(house, unit.em, migration, role, acceptance.rules[role]);
    const signed = sign({ ...acceptance, testing }, signature, actor, at);
    const about = { subject: migrationId, actor: actor.id, at };
    if (!signed.ok) {
      const reason = signed.refusals.map(({ code }) => code).join(' ');
      const occurrence = `${role} ${at.toISOString()}`;
      unit.audit(entryOf({ action: 'migration-signed-off', ...about, occurrence, outcome: 'refused', reason }));
      return signed;
    }
    const { report, signedBy, signedAt } = signed.value;
    const occurrence = String(await addSignOff(unit, migrationId, signed.value));
    const sealed = await sealCoverage(house, migration, report, await coveredNow(house, unit.em, migration));
    const payload = { migrationId, role, decision, report, signedBy, signedAt, ...sealed };
    unit.emit(eventOf({ type: 'validation.acceptance-signed.v1', ...about, occurrence, payload }));
    const digests = { report, coverage: sealed.coverage };
    const reason = `${role} ${decision}`;
    unit.audit(entryOf({ action: 'migration-signed-off', ...about, occurrence, reason, digests }));
    return granted(signed.value);
  });
}
