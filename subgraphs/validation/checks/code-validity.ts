/** Codes that their own system cannot hold: cut off, mistyped, or of another system than the one named. */
import { shapeOfCode } from '../../../records/code-set/code-shape.ts';
import type { RecordCheck, Seen } from './record-check.ts';
import type { Members } from './resource.ts';

export const CODE_VALIDITY: RecordCheck = {
  id: 'code-validity',
  version: '1',
  layer: 'content',
  method: 'record',
  requirements: ['J04', 'J12', 'J13', 'J14'],
  categories: ['code-translation-mismatch'],
  codes: ['CODE_MALFORMED', 'CODE_CHECK_DIGIT'],
  cannotSee:
    'a code of the right shape that was never given out, was retired, or means something else; codes of systems ' +
    'other than ICD, CPT, HCPCS, LOINC, SNOMED CT, RxNorm, NDC, CVX and UNII',
  lookAt: badCodeOf,
};

function badCodeOf({ system, code }: Members, field: () => string): readonly Seen[] {
  if (typeof system !== 'string' || typeof code !== 'string') return [];
  const shape = shapeOfCode(system, code);
  switch (shape) {
    case 'well-formed':
    case 'system-unknown':
      return [];
    case 'malformed':
      return [seen('CODE_MALFORMED', field, 'the code system it names has no codes of this form')];
    case 'check-digit-wrong':
      return [seen('CODE_CHECK_DIGIT', field, 'the check digit of the code is wrong')];
    default:
      return shape satisfies never;
  }
}

function seen(code: string, field: () => string, message: string): Seen {
  return { category: 'code-translation-mismatch', code, field: `${field()}.code`, message };
}
