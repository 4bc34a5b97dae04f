/** What people of each role signed. A signature is never changed; a newer one stands before it. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { derivedId } from '../../../kernel/id.ts';
import type { Unit } from '../../../runtime/store.ts';
import type { SignOff } from '../domain/acceptance.ts';
import { SignOffRow } from './acceptance-tables.ts';

/** Signatures of a migration that are looked at; the newest of each role count. */
const SIGN_OFFS_MAX = 1000;

/** The newest of each role. */
export async function signOffsOf(em: SqlEntityManager, migrationId: string): Promise<readonly SignOff[]> {
  const rows = await em.find(SignOffRow, { migrationId }, { orderBy: { number: 'desc' }, limit: SIGN_OFFS_MAX });
  const newest = new Map<string, SignOff>();
  for (const { role, decision, meaning, report, signedBy, signedAt } of rows) {
    if (!newest.has(role)) newest.set(role, { role, decision, meaning, report, signedBy, signedAt });
  }
  return [...newest.values()];
}

/** The migration is locked: numbers have no gaps. Answers which signature of the migration it is, from 1. */
export async function addSignOff(unit: Unit, migrationId: string, signOff: SignOff): Promise<number> {
  const number = (await unit.em.count(SignOffRow, { migrationId })) + 1;
  const id = derivedId('sig', migrationId, String(number));
  await unit.em.insert(SignOffRow, { id, migrationId, number, ...signOff });
  return number;
}
