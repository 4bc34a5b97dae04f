/** What the columns of a reconciliation may take at first. */
import { expect, test } from '@jest/globals';
import { memoryOfCopies } from '../../../subgraphs/validation/domain/category.ts';

test('items that pass through as bytes get 128 MB, and as many more as so many of them need', () => {
  expect([0, 10_000, 1_000_000, 2_000_000, 5_000_000].map(memoryOfCopies)).toEqual([128, 128, 128, 250, 625]);
});
