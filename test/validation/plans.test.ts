/** How the queries of reconciliation are planned: a million of each must not be held against a million of the other. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { DuckDBConnection, type DuckDBValue } from '@duckdb/node-api';
import { onOneDialect, type Place } from '../support/databases.ts';
import { change } from './planted.ts';
import { practice } from './practice.ts';
import { Rig } from './rig.ts';

const RUNS = ['run', 'stream', 'runAndReadAll'] as const;
const ASKS = /^\s*(create table|insert|select|with|copy)/i;
/** Of the operators DuckDB names in a plan, those that take every row of one side with every row of the other. */
const EACH_WITH_EACH = /[A-Z_]*(?:NL_JOIN|NESTED_LOOP_JOIN|CROSS_PRODUCT)/;
/** One side is the one row of a subquery that looks at nothing else. */
const ONE_ROW = /^create table numbered as /;

onOneDialect('the queries of a reconciliation', (dialect) => {
  let place: Place;
  let rig: Rig;
  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await place.leave();
  });

  test('hold nothing against everything', async () => {
    const plans = watchPlans();
    await rig.carryAll(...practice());
    change(rig, 'Patient', 'mrn:0001', (it) => ({ ...it, gender: 'male' }));
    await rig.work();
    expect(plans.looked).toBeGreaterThan(40);
    expect(plans.eachWithEach).toEqual([]);
  });
});

interface Plans {
  looked: number;
  readonly eachWithEach: string[];
}

/** Has each statement explained before it runs, while what it asks is there. */
function watchPlans(): Plans {
  const plans: Plans = { looked: 0, eachWithEach: [] };
  const explain = DuckDBConnection.prototype.runAndReadAll;
  for (const name of RUNS) {
    const ask: (text: string, values?: DuckDBValue[]) => Promise<unknown> = DuckDBConnection.prototype[name];
    jest.spyOn(DuckDBConnection.prototype, name).mockImplementation(async function (
      this: DuckDBConnection,
      text: string,
      values?: unknown,
    ) {
      if (ASKS.test(text)) {
        const rows = (await explain.call(this, `explain ${text}`, values as DuckDBValue[])).getRows();
        const [operator] = EACH_WITH_EACH.exec(rows.map((row) => String(row[1])).join('\n')) ?? [];
        plans.looked += 1;
        if (operator !== undefined && !ONE_ROW.test(text)) plans.eachWithEach.push(`${operator}: ${text}`);
      }
      return (await ask.call(this, text, values as DuckDBValue[])) as never;
    });
  }
  return plans;
}
