/** What of two records is held against the target. */
import { expect, test } from '@jest/globals';
import { comparedOf } from '../../../subgraphs/validation/domain/difference.ts';

const differs = (field: string) => ({ field, category: 'value-mismatch', note: 'missing', critical: true }) as const;

test('what the target gives nothing back of is no difference, whatever stands inside it', () => {
  const found = [differs('comments[1]'), differs('comments'), differs('text')];
  expect(comparedOf('SaveAllergy', found, { withheld: { SaveAllergy: ['comments'], SaveNote: ['text'] } })).toEqual([
    differs('text'),
  ]);
  expect(comparedOf('SaveAllergy', found, {})).toEqual(found);
});

test('digits are no difference where the target says that it writes its own, and values are one everywhere', () => {
  const digits = { ...differs('valueQuantity.value'), category: 'precision-loss' } as const;
  expect(comparedOf('Observation', [digits, differs('text')], { decimals: 'normalised' })).toEqual([differs('text')]);
  expect(comparedOf('Observation', [digits], { decimals: 'kept' })).toEqual([digits]);
});
