/** Charts that did not show what they ought to, and are mended: opened again, one by one. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Actor } from '../../kernel/actor.ts';
import type { Database } from '../../runtime/database.ts';
import { batchOf, migrationOf } from '../../subgraphs/validation/store/copies.ts';
import {
  FAILED_CHARTS_MAX,
  failedChartsFrom,
  failedChartsOf,
  itemsInFailedCharts,
  keepFailedCharts,
} from '../../subgraphs/validation/store/failed-charts.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { ItemDisposition } from '../../subgraphs/validation/store/tables.ts';
import { recheckException } from '../../subgraphs/validation/work/act-on-exception.ts';
import { coverageOf } from '../../subgraphs/validation/work/coverage.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { allergy, charge, clinical, demographics, medication, ndjson, note, result, visit } from './practice.ts';
import { Rig } from './rig.ts';

const OLGA: Actor = { type: 'user', id: 'olga', roles: ['operator'] };
const NOW = AbortSignal.timeout(600_000);
const chart = clinical({
  'fhir/charts.ndjson': ndjson(
    ...[visit('v1', '0001'), note('n1', '0001', 'v1'), result('r1', '0001', 'v1'), charge('c1', '0001')],
    ...[medication('m1', '0001'), allergy('a1', '0001')],
    ...[visit('v2', '0002'), charge('c2', '0002'), allergy('a2', '0002')],
  ),
  'fhir/second.ndjson': ndjson(allergy('a3', '0002')),
});
const RESULTS = 'result-encounter 0/1';

onEveryDialect('charts that failed', (dialect) => {
  let place: Place;
  let database: Database;
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore]);
  });
  afterAll(() => place.leave());

  async function run(name: string, ...hidden: readonly string[]): Promise<Rig> {
    const charts = { 'active-clinical': 9, 'financially-sensitive': 0, 'historical-searchable': 0 };
    const policy = {
      validation: { charts: { ...charts, 'compliance-archive': 0, highRiskMax: 9 } },
      sampling: { highRisk: ['fhir/second.ndjson'] },
    };
    const rig = await Rig.open(place, { database, name, policy });
    rig.target.showsChart = (records) => records.filter(({ key }) => !hidden.includes(key ?? ''));
    await rig.carryAll(demographics(), chart);
    await rig.work();
    return rig;
  }

  test('are opened again, and their exceptions close when they show what they ought to', async () => {
    const rig = await run('again', 'AllergyIntolerance:a1');
    const [row] = await rig.exceptions();
    const refused = await recheckException(rig.house, row?.id ?? '', OLGA, NOW);
    expect(refused).toMatchObject({ ok: false, refusals: [{ code: 'STILL_DISAGREES' }] });
    rig.target.showsChart = (records) => records;
    expect(await recheckException(rig.house, row?.id ?? '', OLGA, NOW)).toMatchObject({ ok: true });
    expect(await rig.unverified([demographics(), chart])).toEqual([]);
  });

  test('are read a page at a time, each once', async () => {
    const { store } = await Rig.open(place, { database, name: 'pages' }).then(({ house }) => house);
    const of = { records: 1, notDrawn: 0, chartless: 0 };
    const row = (itemId: string, number: number) => {
      const patient = `mrn:${number}`;
      return {
        ...{ batchId: 'b', itemId, chartBatchId: 'c', patient },
        migrationId: 'm',
        isHighRisk: true,
        records: 1,
        of,
      };
    };
    const count = FAILED_CHARTS_MAX + 2;
    const rows = Array.from({ length: count }, (_, number) => [
      row('one', number),
      row(`two-${number}`, number),
    ]).flat();
    await store.transact((unit) => keepFailedCharts(unit, rows));
    await store.read(async (em) => {
      const first = await itemsInFailedCharts(em, { batchId: 'b' }, '');
      const rest = await itemsInFailedCharts(em, { batchId: 'b' }, first.at(-1) ?? '');
      expect([first.length, rest.length]).toEqual([FAILED_CHARTS_MAX, 3]);
      const read = await everything(failedChartsOf(em, 'b', ['one', 'two-7']));
      expect(new Set(read.map(({ itemId, patient }) => `${itemId} ${patient}`)).size).toBe(count + 1);
      expect(read).toHaveLength(count + 1);
      const charts = await everything(failedChartsFrom(em, 'c'));
      expect(charts).toHaveLength(count);
      expect(new Set(charts.map(({ patient }) => patient)).size).toBe(count);
    });
  });

  /** As they are now: levels and counts of items, and the lines of the coverage matrix about charts. */
  const now = (rig: Rig) =>
    rig.house.store.read(async (em) => {
      const ids = [demographics(), chart].map(({ name }) => rig.batchId(name));
      const items = await em.find(ItemDisposition, { batchId: { $in: ids } }, { orderBy: { path: 'asc' } });
      const counts = await Promise.all(ids.map(async (id) => (await batchOf(em, id)).assurance?.workflow));
      const [row] = await coverageOf(rig.house, em, await migrationOf(em, rig.migrationId));
      const asked = row?.workflow.flatMap(({ check, asked, failed }) =>
        asked > 0 ? [`${check} ${failed}/${asked}`] : [],
      );
      return { items: items.map(({ path, level, workflow }) => `${path} ${level}: ${workflow}`), counts, asked };
    });

  test('give items their level as soon as the last exception about their charts is closed', async () => {
    const rig = await run('mended', 'AllergyIntolerance:a1', 'ChargeItem:c1', 'ChargeItem:c2');
    const whole = (records: number) =>
      `workflow: all ${records} records shown in charts that were opened at the target as those who work there do`;
    const first = await now(rig);
    expect(first.asked).toEqual(['chart-opens 1/4', RESULTS, 'charge-history 2/2', 'high-risk-charts 1/1']);
    expect(first.counts).toEqual([1, 0]);
    rig.target.showsChart = (records) => records;
    const close = async (code: string, patient: string) => {
      const row = (await rig.exceptions()).find((each) => each.code === code && each.sourceId === patient);
      expect(await recheckException(rig.house, row?.id ?? '', OLGA, NOW)).toMatchObject({ ok: true });
      return now(rig);
    };
    const second = await close('NOT_SHOWN', 'mrn:0001');
    expect(second.asked).toEqual(['chart-opens 0/4', RESULTS, 'charge-history 2/2', 'high-risk-charts 1/1']);
    expect(second.items[0]).toBe('csv/patients-1.csv fields: of 2 records 2 in charts that failed: charge-history');
    const third = await close('CHARGE_NOT_SHOWN', 'mrn:0002');
    expect(third.asked).toEqual(['chart-opens 0/4', RESULTS, 'charge-history 1/2', 'high-risk-charts 0/1']);
    expect(third.items.slice(2)).toEqual([
      'fhir/charts.ndjson fields: of 9 records 3 in charts that were opened at the target and passed, ' +
        '6 in charts that failed: charge-history',
      `fhir/second.ndjson ${whole(1)}`,
    ]);
    expect(third.counts).toEqual([1, 1]);
    const last = await close('CHARGE_NOT_SHOWN', 'mrn:0001');
    expect(last).toEqual({
      items: [
        ...[`csv/patients-1.csv ${whole(2)}`, `csv/patients-2.csv ${whole(2)}`],
        ...[`fhir/charts.ndjson ${whole(9)}`, `fhir/second.ndjson ${whole(1)}`],
      ],
      counts: [2, 2],
      asked: ['chart-opens 0/4', RESULTS, 'charge-history 0/2', 'high-risk-charts 0/1'],
    });
    // A look over everything says the same.
    await rig.moved(chart, 'sealed before');
    await rig.work();
    expect(await now(rig)).toEqual(last);
  });
});

async function everything<T>(pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
