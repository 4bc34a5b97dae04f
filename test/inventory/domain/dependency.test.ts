import { describe, expect, test } from '@jest/globals';
import { array, assert, constantFrom, integer, property, record, subarray } from 'fast-check';
import { byRisk, TIERS } from '../../../kernel/tier.ts';
import { checkDependencies, type Dependent, orderOf } from '../../../subgraphs/inventory/domain/dependency.ts';

/** Datasets that depend on earlier ones only, so that there is never a circle; shuffled by their place. */
const datasets = array(record({ tier: constantFrom(...TIERS), seed: integer() }), {
  minLength: 1,
  maxLength: 12,
}).chain((rows) =>
  subarray(rows.flatMap((_, at) => rows.slice(0, at).map((__, earlier) => [at, earlier] as const))).map(
    (edges): readonly Dependent[] =>
      rows
        .map(({ tier, seed }, at) => ({
          name: `d${at}`,
          tier,
          seed,
          dependsOn: edges.filter(([from]) => from === at).map(([, to]) => `d${to}`),
        }))
        .toSorted((left, right) => left.seed - right.seed),
  ),
);

describe('the order of datasets', () => {
  test('has every dataset once, after everything it depends on', () => {
    assert(
      property(datasets, (all) => {
        expect(checkDependencies(all)).toEqual([]);
        const order = orderOf(all);
        expect(order.toSorted()).toEqual(all.map(({ name }) => name).toSorted());
        for (const { name, dependsOn = [] } of all)
          for (const before of dependsOn) expect(order.indexOf(before)).toBeLessThan(order.indexOf(name));
      }),
    );
  });

  test('puts the riskiest tier first where nothing depends on anything', () => {
    assert(
      property(datasets, (all) => {
        const free = all.map((each) => ({ ...each, dependsOn: [] }));
        const tiers = orderOf(free).map(
          (name) => free.find((each) => each.name === name)?.tier ?? 'compliance-archive',
        );
        expect(tiers).toEqual(tiers.toSorted(byRisk));
      }),
    );
  });

  test('moves an archive early when an active chart waits for it', () => {
    const tier = (name: string, rank: number, dependsOn: readonly string[] = []) => ({
      name,
      tier: TIERS[rank] ?? 'active-clinical',
      dependsOn,
    });
    expect(orderOf([tier('bills', 1), tier('archive', 3), tier('chart', 0, ['archive'])])).toEqual([
      'archive',
      'chart',
      'bills',
    ]);
  });

  test('is refused for a circle, which is named, and for a name that no dataset has, with the nearest', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => ({ name, tier: 'active-clinical' as const }));
    const circle = [
      { ...a, dependsOn: ['b'] },
      { ...b, dependsOn: ['c'] },
      { ...c, dependsOn: ['a'] },
    ];
    expect(checkDependencies(circle as readonly Dependent[])).toMatchObject([
      { code: 'DEPENDENCY_CIRCLE', message: expect.stringContaining('a waits for b waits for c waits for a') },
    ]);
    const misspelt = [{ name: 'patients', tier: 'active-clinical' as const, dependsOn: ['patient'] }];
    expect(checkDependencies(misspelt)).toMatchObject([
      {
        code: 'DEPENDENCY_UNKNOWN',
        field: ['datasets[0]', 'dependsOn[0]'],
        remedy: expect.stringContaining('patients'),
      },
    ]);
    expect(checkDependencies([{ name: 'a', tier: 'active-clinical', dependsOn: ['a'] }])).toMatchObject([
      { code: 'DEPENDENCY_CIRCLE' },
    ]);
  });
});
