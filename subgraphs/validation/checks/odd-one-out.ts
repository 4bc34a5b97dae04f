/** Values sound anywhere else: an identifier in the place of another one, a result in a unit of another kind. */
import { SOURCE_IDENTIFIER_SYSTEM } from '../../../records/lineage/lineage.ts';
import type { Check } from '../domain/check.ts';
import { codingsOf, listOf, type Members, membersOf, textOf } from './resource.ts';
import { measureOf } from './units.ts';

const IDENTIFIER_SWAPPED: Check = {
  id: 'identifier-swapped',
  version: '1',
  layer: 'content',
  method: 'dataset',
  requirements: ['J04'],
  categories: ['content-implausible'],
  codes: ['IDENTIFIER_SWAPPED'],
  cannotSee: 'two kinds of identifiers that are written alike, and a batch of fewer than twenty of a kind',
};

const UNIT_OF_ANOTHER_KIND: Check = {
  id: 'unit-of-another-kind',
  version: '1',
  layer: 'content',
  method: 'dataset',
  requirements: ['J02', 'J04', 'J14'],
  categories: ['content-implausible'],
  codes: ['UNIT_OF_ANOTHER_KIND'],
  cannotSee: 'another unit of the same dimension, and tests of which the batch has fewer than twenty results',
};

export const ODD_ONES_OUT: readonly Check[] = [IDENTIFIER_SWAPPED, UNIT_OF_ANOTHER_KIND];

/** Fewer values of a kind have no usual form. */
export const VALUES_MIN = 20;
/** A form is usual that at least this share of the values has. */
export const USUAL_SHARE_MIN = 0.95;
/** A social security number, wherever it stands. */
export const SSN_FORM = '999-99-9999';

export interface Trait {
  readonly kind: 'identifier' | 'measure';
  /** What the values of one slot have in common: the system and type of an identifier, the LOINC code of a result. */
  readonly slot: string;
  /** Its form: never the value. */
  readonly form: string;
  readonly field: string;
}

export function traitsOf(resource: Members): readonly Trait[] {
  const measure = measureOf(resource);
  const identifiers = listOf(resource['identifier']).flatMap((each, at): readonly Trait[] => {
    const { system, value, type } = membersOf(each);
    const [named, text] = [textOf(system) ?? '', textOf(value)];
    if (text === undefined || named === SOURCE_IDENTIFIER_SYSTEM) return [];
    const codes = codingsOf(type).map(({ code }) => code);
    const slot = `${String(resource['resourceType'])} ${named} ${codes.join(' ')}`;
    return [{ kind: 'identifier', slot, form: formOf(text), field: `identifier[${at}].value` }];
  });
  if (measure === undefined) return identifiers;
  const { loinc, dimension } = measure;
  return [...identifiers, { kind: 'measure', slot: loinc, form: dimension, field: 'valueQuantity' }];
}

const FORM_CHARS_MAX = 40;

/** Digits as 9 and letters as A; runs are told by their length. */
function formOf(text: string): string {
  return text.slice(0, FORM_CHARS_MAX).replaceAll(/\d/g, '9').replaceAll(/\p{L}/gu, 'A');
}
