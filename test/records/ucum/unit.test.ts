/** Units as UCUM writes them, and what they measure. */
import { describe, expect, test } from '@jest/globals';
import { dimensionOf } from '../../../records/ucum/unit.ts';

describe('a unit', () => {
  test.each([
    ['mg/dL', 'g/L'],
    ['mmol/L', 'meq/L'],
    ['10*3/uL', '10^9/L'],
    ['mm[Hg]', 'kPa'],
    ['Cel', '[degF]'],
    ['[lb_av]', 'kg'],
    ['/min', '{beats}/min'],
    ['mL/min/{1.73_m2}', 'mL/min'],
    ['kg/m2', 'g/cm2'],
    ['%', '{score}'],
    ['m[IU]/mL', '[IU]/L'],
    ['mg/(24.h)', 'g/d'],
  ])('%s measures the same as %s', (one, other) => {
    expect(dimensionOf(one)).toBeDefined();
    expect(dimensionOf(one)).toBe(dimensionOf(other));
  });

  test.each([
    ['mg/dL', 'mmol/L'],
    ['U/L', '[IU]/L'],
    ['cm', '[lb_av]'],
    ['mL', 'mL/min'],
  ])('%s measures something else than %s', (one, other) => {
    expect(dimensionOf(one)).not.toBe(dimensionOf(other));
  });

  test.each(['', 'MG/DL', 'beats/min', 'x10(9)/L', 'mEq/L', 'lbs', 'mg /dL', 'mg/', '(mg', 'mg)', '{', 'g'.repeat(99)])(
    'is not "%s"',
    (text) => expect(dimensionOf(text)).toBeUndefined(),
  );
});
