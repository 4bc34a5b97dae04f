/** What the codecs of records see when they read an original as the format it is declared to be. */
import type { Check } from '../domain/check.ts';

export const STRUCTURE: Check = {
  id: 'structure',
  version: '3',
  layer: 'schema',
  method: 'structure',
  requirements: ['J01', 'J06', 'J08'],
  categories: ['unreadable', 'schema-invalid'],
  cannotSee: 'wrong values of the right shape',
};

export const CODE_TRANSLATION: Check = {
  id: 'code-translation',
  version: '1',
  layer: 'content',
  method: 'original',
  requirements: ['J12', 'J13', 'J14'],
  categories: ['code-translation-mismatch'],
  cannotSee: 'a code that exists and means something else than the clinician meant',
};

export const BATCH_COUNT: Check = {
  id: 'batch-count',
  version: '2',
  layer: 'schema',
  method: 'structure',
  requirements: ['J33', 'G01'],
  categories: ['sequence-gap'],
  cannotSee: 'a message missing from a batch that declares no count',
};
