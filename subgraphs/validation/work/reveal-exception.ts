/** Shows what an exception is about, patient data included; who looked and why is kept before anything is shown. */
import { type Actor, hasRole } from '../../../kernel/actor.ts';
import { granted, type Outcome, refused } from '../../../kernel/refusal.ts';
import { wordsOf } from '../domain/exception.ts';
import { changeException } from './change-exception.ts';
import type { House } from './house.ts';
import { type ExceptionTrace, traceException } from './trace-exception.ts';

/** Refuses, on record, whoever is neither operator nor reviewer, and whoever does not say why. */
export async function revealException(
  house: House,
  id: string,
  reason: string,
  actor: Actor,
  signal: AbortSignal,
): Promise<Outcome<ExceptionTrace>> {
  const words = wordsOf('reason', reason);
  const text = words.ok ? words.value : undefined;
  const act = { action: 'exception-revealed', actor: actor.id, now: house.clock.now(), text } as const;
  const noted = await changeException(house, id, act, (exception) => {
    if (!hasRole(actor, 'operator', 'reviewer')) return refused(ROLE_REQUIRED);
    return words.ok ? granted(exception) : words;
  });
  return noted.ok ? granted(await traceException(house, noted.value, 'revealed', signal)) : noted;
}

const ROLE_REQUIRED = {
  code: 'ROLE_REQUIRED',
  message: 'patient data is shown to operators and reviewers only',
  remedy: 'ask an operator or a reviewer to look',
};
