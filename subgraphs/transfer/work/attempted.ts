/** The record of an act that somebody tried and was not allowed. */
import type { Actor } from '../../../kernel/actor.ts';
import { occurrenceId } from '../../../kernel/id.ts';
import { entryOf } from './announce.ts';
import type { Choice } from './choose.ts';
import type { TransferContext } from './context.ts';

export interface Attempted {
  readonly action: string;
  readonly choice: Choice;
  readonly actor: Actor;
  readonly code: string;
}

export async function recordAttempt(context: TransferContext, attempted: Attempted): Promise<void> {
  const { action, choice, actor, code } = attempted;
  const entry = entryOf(context, {
    action,
    subject: choice.batchId ?? choice.migrationId ?? 'transfer',
    occurrence: occurrenceId(context.clock, context.random),
    actor: actor.id,
    outcome: 'refused',
    reason: code,
  });
  await context.store.transact(async (unit) => unit.audit(entry));
}
