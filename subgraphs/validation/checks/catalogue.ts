/** Every check there is, for reports to list: a check that found nothing was still made. */
import type { Check } from '../domain/check.ts';
import { ATTACHMENT_INDEX } from './attachment-index.ts';
import { INCOMPLETE_CHART } from './chart.ts';
import { CODE_VALIDITY } from './code-validity.ts';
import { CONFLICTING_ALLERGY } from './conflicting-allergy.ts';
import { DUPLICATE_PATIENT } from './duplicate-patient.ts';
import { DROPPED_FEED } from './dropped-feed.ts';
import { BATCH_COUNT, CODE_TRANSLATION, STRUCTURE } from './examination.ts';
import { FIND_AGAIN } from './find-again.ts';
import { FHIR_STRUCTURE } from './fhir-structure.ts';
import { IMPLAUSIBLE_DATES } from './implausible-dates.ts';
import { NEEDED_VALUES } from './needed-values.ts';
import { ODD_ONES_OUT } from './odd-one-out.ts';
import { ORPHAN } from './orphan.ts';
import type { RecordCheck } from './record-check.ts';
import { PROFILE_DEPARTURE } from './profile-departure.ts';
import { SEQUENCE_GAP } from './sequence-gap.ts';
import { SILENT_LOSS } from './silent-loss.ts';
import { TEXT_LIMITS } from './text-limits.ts';
import { UNITS_KNOWN } from './units.ts';
import { WORKFLOW_CHECKS } from './opened-chart.ts';
import { WRONG_PATIENT } from './wrong-patient.ts';

/** Made of every record, as the lineage makes it or as it is in the source. */
export const RECORD_CHECKS: readonly RecordCheck[] = [
  FHIR_STRUCTURE,
  IMPLAUSIBLE_DATES,
  NEEDED_VALUES,
  CODE_VALIDITY,
  UNITS_KNOWN,
  TEXT_LIMITS,
  FIND_AGAIN,
];

/** Made of records in a target's own form, which no rule of FHIR fits. */
export const ANY_RECORD_CHECKS: readonly RecordCheck[] = [TEXT_LIMITS];

export const CHECKS: readonly Check[] = [
  STRUCTURE,
  CODE_TRANSLATION,
  BATCH_COUNT,
  PROFILE_DEPARTURE,
  ...RECORD_CHECKS,
  CONFLICTING_ALLERGY,
  DUPLICATE_PATIENT,
  ORPHAN,
  INCOMPLETE_CHART,
  WRONG_PATIENT,
  ATTACHMENT_INDEX,
  SEQUENCE_GAP,
  DROPPED_FEED,
  ...WORKFLOW_CHECKS,
  ...ODD_ONES_OUT,
  ...SILENT_LOSS,
];

/**
 * The checks made of a batch. Those of FHIR are made where the records are FHIR, at the source or as the lineage makes
 * them (`hasFhir`); what the lineage lost is counted only where it makes FHIR (`makesFhir`).
 */
export function checksOf({ hasFhir, makesFhir }: { readonly hasFhir: boolean; readonly makesFhir: boolean }) {
  const left = new Set<Check>(makesFhir ? [] : SILENT_LOSS);
  if (!hasFhir)
    for (const check of [...RECORD_CHECKS, ...ODD_ONES_OUT, CONFLICTING_ALLERGY, DUPLICATE_PATIENT, ORPHAN])
      left.add(check);
  for (const check of ANY_RECORD_CHECKS) left.delete(check);
  return CHECKS.filter((check) => !left.has(check));
}
