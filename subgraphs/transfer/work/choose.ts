/** Which batches an operator means: one, or all of a migration that the act fits, riskiest tier first. */
import type { Refusal } from '../../../kernel/refusal.ts';
import { type BatchAct, TRANSITIONS } from '../domain/batch.ts';
import { batchesOf, findBatch } from '../store/batches.ts';
import type { Batch } from '../store/tables.ts';
import type { TransferContext } from './context.ts';

export interface Choice {
  readonly batchId?: string | undefined;
  readonly migrationId?: string | undefined;
}

export interface Chosen {
  readonly batches: readonly Batch[];
  readonly refusals: readonly Refusal[];
}

/** What an act on several batches led to: those it was done to, and why it was not done to the others. */
export interface Acted {
  readonly batches: readonly Batch[];
  readonly refusals: readonly Refusal[];
}

/** Refuses with CHOICE_REQUIRED, BATCH_UNKNOWN or NO_BATCHES. A batch named by its id is chosen in any state. */
export async function chooseBatches(
  context: TransferContext,
  choice: Choice,
  isFit: (batch: Batch) => boolean,
): Promise<Chosen> {
  const { batchId, migrationId } = choice;
  if ((batchId === undefined) === (migrationId === undefined)) return refusal(choiceRequired);
  if (batchId !== undefined) {
    const batch = await context.store.read((em) => findBatch(em, batchId));
    return batch === null ? refusal(unknown(batchId)) : { batches: [batch], refusals: [] };
  }
  const all = await context.store.read((em) => batchesOf(em, migrationId ?? ''));
  const batches = all.filter(isFit);
  return batches.length === 0 ? refusal(none(migrationId ?? '')) : { batches, refusals: [] };
}

/** Whether the batch is in a state from which the act leads on. */
export function fits(...acts: readonly BatchAct[]): (batch: Batch) => boolean {
  return (batch) => acts.some((act) => TRANSITIONS[act].from.includes(batch.state));
}

/** The same, of batches of surveys: each remedy is proposed, approved and launched by itself. */
export function fitsOfSurvey(...acts: readonly BatchAct[]): (batch: Batch) => boolean {
  const isFit = fits(...acts);
  return (batch) => batch.remedyOf == null && isFit(batch);
}

/** Does `act` to each in turn and gathers what came of it. */
export async function toEach(
  chosen: Chosen,
  act: (batch: Batch) => Promise<{ readonly batch: Batch } | { readonly refusals: readonly Refusal[] }>,
): Promise<Acted> {
  const batches: Batch[] = [];
  const refusals: Refusal[] = [...chosen.refusals];
  for (const batch of chosen.batches) {
    const outcome = await act(batch);
    if ('batch' in outcome) batches.push(outcome.batch);
    else refusals.push(...outcome.refusals);
  }
  return { batches, refusals };
}

function refusal(why: Refusal): Chosen {
  return { batches: [], refusals: [why] };
}

const choiceRequired: Refusal = {
  code: 'CHOICE_REQUIRED',
  message: 'it is not clear which batches are meant',
  field: ['input'],
  remedy: 'give a batchId for one batch, or a migrationId for all of a migration; not both',
};

function unknown(batchId: string): Refusal {
  return {
    code: 'BATCH_UNKNOWN',
    message: `there is no batch ${batchId}`,
    field: ['input', 'batchId'],
    remedy: 'list the batches of the migration and take an id from there',
  };
}

function none(migrationId: string): Refusal {
  return {
    code: 'NO_BATCHES',
    message: `no batch of ${migrationId} is in a state in which this can be done`,
    field: ['input', 'migrationId'],
    remedy: 'look at the states of its batches; a batch is planned when its dataset has been surveyed',
  };
}
