/** One person under two numbers: half of the history is missing in each of the two charts. */
import type { Check } from '../domain/check.ts';

export const DUPLICATE_PATIENT: Check = {
  id: 'duplicate-patient',
  version: '2',
  layer: 'content',
  method: 'relation',
  requirements: ['J09', 'J02'],
  categories: ['duplicate-patient'],
  codes: ['SAME_PERSON', 'SAME_PERSONS_MANY'],
  cannotSee:
    'the same person where name and birth date both differ in more than a slip and no number is the same; two charts ' +
    'that share neither birth date, names, SSN, phone nor given name and postal code are never held against each other',
};
