/** Asks for the evidence pack of a migration and waits until it is sealed. */
import type { Actor } from '../kernel/actor.ts';
import { systemClock } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { act, ask } from './ask.ts';
import type { House } from './house.ts';
import { lookUntil } from './look-until.ts';
import { PACKS, SEAL, type PackStatus } from './operations.ts';

const SEAL_LIMIT_MS = 60 * 60_000;

/** Fails with EVIDENCE_NOT_SEALED when it cannot be sealed, or is not within an hour. */
export async function sealEvidence(house: House, operator: Actor, migrationId: string): Promise<PackStatus> {
  const { pack } = await act<{ pack: { id: string } }>(house, operator, SEAL, { migrationId });
  const giveUpAt = systemClock.elapsedMs() + SEAL_LIMIT_MS;
  return lookUntil(house, async () => {
    const { evidencePacks } = await ask<{ evidencePacks: PackStatus[] }>(house, operator, PACKS, { migrationId });
    const mine = evidencePacks.find(({ id }) => id === pack.id);
    if (mine?.state === 'SEALED') return mine;
    if (mine?.state === 'FAILED') throw notSealed(mine.problem ?? 'the log says why');
    if (systemClock.elapsedMs() > giveUpAt) throw notSealed('it takes too long; ask again with `waybill resume`');
    return undefined;
  });
}

function notSealed(why: string): Fault {
  return new Fault({ code: 'EVIDENCE_NOT_SEALED', retry: 'transient', message: `the evidence is not sealed: ${why}` });
}
