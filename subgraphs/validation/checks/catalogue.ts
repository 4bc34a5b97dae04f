/** Every check there is, for reports to list: a check that found nothing was still made. */
import type { Check } from '../domain/check.ts';
import { ATTACHMENT_INDEX } from './attachment-index.ts';
import { CONFLICTING_ALLERGY } from './conflicting-allergy.ts';
import { DUPLICATE_PATIENT } from './duplicate-patient.ts';
import { BATCH_COUNT, CODE_TRANSLATION, STRUCTURE } from './examination.ts';
import { IMPLAUSIBLE_DATES } from './implausible-dates.ts';
import { ORPHAN } from './orphan.ts';
import { SEQUENCE_GAP } from './sequence-gap.ts';

export const CHECKS: readonly Check[] = [
  STRUCTURE,
  CODE_TRANSLATION,
  BATCH_COUNT,
  IMPLAUSIBLE_DATES,
  CONFLICTING_ALLERGY,
  DUPLICATE_PATIENT,
  ORPHAN,
  ATTACHMENT_INDEX,
  SEQUENCE_GAP,
];
