/** Looks again at the disposition of items after exceptions about them were raised or closed. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { balancedCounts, dispositionOf, proofOf } from '../domain/disposition.ts';
import { addVerdicts, NO_VERDICTS } from '../domain/verdict.ts';
import { batchOf } from '../store/copies.ts';
import { countByDisposition, dispositionsOfItems } from '../store/dispositions.ts';
import { countOfCategory, itemsInDoubt } from '../store/exceptions.ts';

/** Moves items between verified, or acknowledged, and quarantined; the number of eligible items never changes. */
export async function redispose(em: SqlEntityManager, batchId: string, itemIds: readonly string[]): Promise<void> {
  const doubts = await itemsInDoubt(em, itemIds);
  for (const row of await dispositionsOfItems(em, batchId, itemIds)) {
    row.disposition = dispositionOf(row.state, doubts.has(row.itemId) ? 'in-doubt' : 'sound', proofOf(row));
  }
  await em.flush();
}

/** Counts a batch again after some of its items were disposed of anew, and what is at the target only. */
export async function recount(em: SqlEntityManager, batchId: string): Promise<void> {
  const batch = await batchOf(em, batchId);
  const { dispositions, verdicts } = batch;
  if (dispositions == null || verdicts == null) return;
  batch.dispositions = balancedCounts(await countByDisposition(em, batchId), dispositions.eligible, batchId);
  const missingOnSource = await countOfCategory(em, batchId, 'unexpected-record');
  const more = missingOnSource - verdicts.missingOnSource;
  batch.verdicts = addVerdicts(addVerdicts(NO_VERDICTS, verdicts), { target: more, missingOnSource: more });
  await em.flush();
}
