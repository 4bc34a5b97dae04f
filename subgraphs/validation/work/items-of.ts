/** Every eligible item of a batch, from the documents that were sealed about it. */
import { readLines } from '../../../runtime/strongroom.ts';
import {
  eligibleItems,
  type EligibleItem,
  type ManifestLine,
  type RecordLine,
  type SurveyLine,
} from '../domain/account.ts';
import type { BatchTask } from './batch-work.ts';

export function itemsOf({ house, survey, manifest, record }: BatchTask): AsyncGenerator<EligibleItem> {
  const room = house.strongroom;
  return eligibleItems(
    readLines<SurveyLine>(room, survey),
    readLines<ManifestLine>(room, manifest),
    readLines<RecordLine>(room, record),
  );
}
