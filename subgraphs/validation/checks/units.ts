/** Units of measure: a number without its unit, or in a unit that does not exist, cannot be acted upon. */
import { dimensionOf } from '../../../records/ucum/unit.ts';
import type { RecordCheck, Seen } from './record-check.ts';
import { codingsOf, type Members, membersOf, textOf } from './resource.ts';

export const UCUM = 'http://unitsofmeasure.org';

export const UNITS_KNOWN: RecordCheck = {
  id: 'units',
  version: '1',
  layer: 'content',
  method: 'record',
  requirements: ['J02', 'J14'],
  categories: ['content-implausible'],
  codes: ['UNIT_UNKNOWN'],
  cannotSee: 'units that are not claimed to be UCUM, and a unit that exists but was never meant',
  lookAt: unknownUnitOf,
};

function unknownUnitOf({ system, code }: Members, field: () => string): readonly Seen[] {
  if (system !== UCUM || typeof code !== 'string' || dimensionOf(code) !== undefined) return [];
  const message = 'the unit is said to be of UCUM, which has none of this form';
  return [{ category: 'content-implausible', code: 'UNIT_UNKNOWN', field: `${field()}.code`, message }];
}

const LOINC = 'http://loinc.org';

/** What an observation measures and in what dimension; undefined where either is not told in LOINC and UCUM. */
export function measureOf(resource: Members): { readonly loinc: string; readonly dimension: string } | undefined {
  const { resourceType, code, valueQuantity } = resource;
  if (resourceType !== 'Observation') return undefined;
  const quantity = membersOf(valueQuantity);
  const unit = textOf(quantity['code']) ?? textOf(quantity['unit']);
  const loinc = codingsOf(code).find(({ system }) => system === LOINC)?.code;
  const dimension = unit === undefined ? undefined : dimensionOf(unit);
  return loinc === undefined || dimension === undefined ? undefined : { loinc, dimension };
}
