/** Resuming: a paused batch goes on only by somebody's recorded decision. */
import { hasRole, type Actor } from '../../../kernel/actor.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import { advance, resumption, type BatchState, type Phase } from './batch.ts';

export const DECISION_LENGTH_MAX_CHARS = 1_000;

/** Refuses with ROLE_REQUIRED, BATCH_STATE, DECISION_REQUIRED or DECISION_TOO_LONG. */
export function decideResumption(
  batch: { readonly id: string; readonly state: BatchState; readonly phase: Phase },
  actor: Actor,
  decision: string,
): Outcome<BatchState> {
  if (!hasRole(actor, 'operator')) {
    return refused({
      code: 'ROLE_REQUIRED',
      message: `resuming batch ${batch.id} needs an operator`,
      remedy: 'ask somebody who holds the role operator',
    });
  }
  const field = ['input', 'decision'];
  if (decision.trim() === '') {
    const remedy = 'say what was found and why it is safe to go on';
    return refused({ code: 'DECISION_REQUIRED', message: 'a batch never resumes by itself', field, remedy });
  }
  if (decision.length > DECISION_LENGTH_MAX_CHARS) {
    const message = `a decision has at most ${DECISION_LENGTH_MAX_CHARS} characters`;
    return refused({ code: 'DECISION_TOO_LONG', message, field, remedy: 'shorten it' });
  }
  const next = advance(batch, resumption(batch.phase));
  return next.ok ? granted(next.value) : next;
}
