/** A small edition of the truth set (`npm run truth` for the full one): all that is planted is found, and no more. */
import { afterAll, expect, test } from '@jest/globals';
import { shareOf } from '../../proofs/truth/plan.ts';
import { reconcileTruth } from '../../proofs/truth/reconcile-truth.ts';
import { FULL, KINDS, truthSet } from '../../proofs/truth/truth-set.ts';
import { CATEGORIES } from '../../subgraphs/validation/domain/category.ts';
import { onEveryDialect } from '../support/databases.ts';

const SHARE = 0.01;
const size = shareOf(FULL, SHARE);

const reports: string[] = [];
afterAll(() => {
  // The stores come one after the other; what the second seals is held against what the first sealed.
  expect(new Set(reports).size).toBe(1);
});

test('the truth set plants every category but three, which planted.test.ts plants', () => {
  const { found } = truthSet(size);
  // A chart that lacks something is told beside what it lacks.
  expect(found.filter((line) => !line.startsWith('incomplete-chart'))).toHaveLength(KINDS * size.faults);
  const elsewhere = ['precision-loss', 'wrong-patient', 'workflow-failed'];
  const expected = CATEGORIES.filter((category) => !elsewhere.includes(category));
  expect([...new Set(found.map((line) => line.split(' ')[0]))].toSorted()).toEqual(expected.toSorted());
});

onEveryDialect('every planted fault', ({ enter }) => {
  test('is found in its category and at its place, nothing is invented, and again gives the same bytes', async () => {
    const place = await enter();
    try {
      const truth = await reconcileTruth(place, truthSet(size));
      expect(truth).toMatchObject({ missed: [], invented: [], found: truth.planted, repeated: 'identical' });
      reports.push(truth.reports.join());
    } finally {
      await place.leave();
    }
  });
});
