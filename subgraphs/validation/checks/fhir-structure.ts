/** A record as FHIR R4 has it: elements, cardinality, data types, required bindings, and invariants of one element. */
import { structureProblems } from '../../../records/fhir/structure.ts';
import type { JsonObject } from '../../../records/leaves.ts';
import { SOURCE_IDENTIFIER_SYSTEM } from '../../../records/lineage/lineage.ts';
import type { RecordCheck } from './record-check.ts';
import { listOf, type Members, membersOf } from './resource.ts';

export const FHIR_STRUCTURE: RecordCheck = {
  id: 'fhir-structure',
  version: '1',
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
    structureProblems(withoutOwnKey(resource)).map((problem) => ({ category: 'schema-invalid', ...problem })),
};

/** The key a lineage gives stands as an identifier even where FHIR has none; it is not the data's. */
function withoutOwnKey(resource: Members): JsonObject {
  const keys = listOf(resource['identifier']).map((each) => membersOf(each)['system']);
  const isOwn = keys.length > 0 && keys.every((system) => system === SOURCE_IDENTIFIER_SYSTEM);
  if (!isOwn) return resource as JsonObject;
  const { identifier: _identifier, ...rest } = resource;
  return rest as JsonObject;
}
