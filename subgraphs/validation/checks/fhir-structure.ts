/** A record as FHIR R4 has it: elements, cardinality, data types, required bindings, and invariants of one element. */
import { structureProblems } from '../../../records/fhir/structure.ts';
import type { JsonObject } from '../../../records/leaves.ts';
import type { RecordCheck } from './record-check.ts';

export const FHIR_STRUCTURE: RecordCheck = {
  id: 'fhir-structure',
  version: '2',
  layer: 'schema',
  method: 'record',
  requirements: ['J01', 'J05', 'J07'],
  categories: ['schema-invalid'],
  codes: [
    'TYPE_UNKNOWN',
    'ELEMENT_UNKNOWN',
    'ELEMENT_EMPTY',
    'REQUIRED_MISSING',
    'CARDINALITY_WRONG',
    'CHOICE_REPEATED',
    'VALUE_INVALID',
    'DATE_INVALID',
    'CODE_INVALID',
    'REFERENCE_TYPE_WRONG',
    'INVARIANT_BROKEN',
  ],
  cannotSee: 'profiles and bindings of the target beyond FHIR R4 itself, and invariants that reach across elements',
  needsWhole: true,
  look: (resource) =>
    structureProblems(resource as JsonObject).map((problem) => ({ category: 'schema-invalid', ...problem })),
};
