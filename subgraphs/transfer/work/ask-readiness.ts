/** Asking again, wherever a batch begins or goes on: nothing moves while the readiness gate says no. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Refusal } from '../../../kernel/refusal.ts';
import type { PauseReason } from '../domain/pause.ts';
import { readinessRefusals } from '../domain/readiness.ts';
import { clipped } from '../domain/reason.ts';
import { standingOf } from '../store/batches.ts';
import type { Batch } from '../store/tables.ts';
import type { TransferContext } from './context.ts';

/** Why the batch may not move by its own documents; empty when it may. */
export async function askReadiness(
  { clock }: Pick<TransferContext, 'clock'>,
  em: SqlEntityManager,
  batch: Batch,
): Promise<readonly Refusal[]> {
  return readinessRefusals(await standingOf(em, batch, undefined, clock.now()));
}

/** The reason to pause the batch; undefined when it may move. */
export async function obstacleOf(context: TransferContext, batch: Batch): Promise<PauseReason | undefined> {
  const [first, ...others] = await context.store.read((em) => askReadiness(context, em, batch));
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return { code: first.code, reason: clipped(`${first.message}${more}; ${first.remedy}`), subject: null };
}
