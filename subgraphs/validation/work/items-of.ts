/** Every eligible item of a batch, from the documents that were sealed about it and about what was moved again. */
import { readLines } from '../../../runtime/strongroom.ts';
import {
  eligibleItems,
  type EligibleItem,
  type ManifestLine,
  type RecordLine,
  type SurveyLine,
} from '../domain/account.ts';
import type { BatchTask } from './batch-work.ts';
import { withMovements } from './moved-again.ts';

export function itemsOf({ house, batch, survey, manifest, record }: BatchTask): AsyncGenerator<EligibleItem> {
  const room = house.strongroom;
  const items = eligibleItems(
    readLines<SurveyLine>(room, survey),
    readLines<ManifestLine>(room, manifest),
    readLines<RecordLine>(room, record),
  );
  return withMovements(room, items, batch.remedies ?? []);
}
