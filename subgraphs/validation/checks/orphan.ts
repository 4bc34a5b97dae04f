/** What belongs to nobody: records of patients the migration does not bring, documents no index names. */
import type { Check } from '../domain/check.ts';

export const ORPHAN: Check = {
  id: 'orphan',
  version: '1',
  layer: 'usability',
  method: 'relation',
  requirements: ['G08', 'G09', 'I03', 'J11'],
  categories: ['orphan'],
  codes: ['PATIENT_UNKNOWN', 'PATIENTS_ALL_UNKNOWN'],
  cannotSee: 'a record filed under the wrong patient, and anything where no dataset of the migration brings patients',
};
