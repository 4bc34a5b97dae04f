/** Asks for the evidence pack of a migration and waits until it is sealed. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Actor } from '../kernel/actor.ts';
import { systemClock } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { act, ask } from './ask.ts';
import type { House } from './house.ts';
import { PACKS, SEAL, type PackStatus } from './operations.ts';

const POLL_EVERY_MS = 150;
const SEAL_LIMIT_MS = 60 * 60_000;

/** Fails with EVIDENCE_NOT_SEALED when it cannot be sealed, or is not within an hour. */
export async function sealEvidence(house: House, operator: Actor, migrationId: string): Promise<PackStatus> {
  const { pack } = await act<{ pack: { id: string } }>(house, operator, SEAL, { migrationId });
  const giveUpAt = systemClock.elapsedMs() + SEAL_LIMIT_MS;
  while (systemClock.elapsedMs() < giveUpAt) {
    const { evidencePacks } = await ask<{ evidencePacks: PackStatus[] }>(house, operator, PACKS, { migrationId });
    const mine = evidencePacks.find(({ id }) => id === pack.id);
    if (mine?.state === 'SEALED') return mine;
    if (mine?.state === 'FAILED') throw notSealed(mine.problem ?? 'the log says why');
    await pause(POLL_EVERY_MS);
  }
  throw notSealed('it takes too long; ask again with `waybill resume`');
}

function notSealed(why: string): Fault {
  return new Fault({ code: 'EVIDENCE_NOT_SEALED', retry: 'transient', message: `the evidence is not sealed: ${why}` });
}
