/** The target is asked the way a clinician, a biller or a report asks it: what it shows is held against what it has. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { StoredRecord } from '../../plugins/memory/place.ts';
import type { Database } from '../../runtime/database.ts';
import { migrationOf } from '../../subgraphs/validation/store/copies.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { coverageOf } from '../../subgraphs/validation/work/coverage.ts';
import { sealedJson } from '../../subgraphs/validation/work/house.ts';
import type { WorkflowLine } from '../../subgraphs/validation/domain/workflow.ts';
import { onOneDialect, type Place } from '../support/databases.ts';
import {
  allergy,
  charge,
  clinical,
  demographics,
  medication,
  ndjson,
  note,
  patients,
  result,
  statement,
  visit,
} from './practice.ts';
import { Rig, type RigOptions } from './rig.ts';

const older = (id: string, mrn: string) => ({ ...medication(id, mrn), authoredOn: '2024-02-11T09:30:00-04:00' });

interface DispositionLine {
  readonly path: string;
  readonly assurance: { readonly level: string; readonly workflow?: string };
}

const chart = clinical({
  'fhir/charts.ndjson': ndjson(
    ...[visit('v1', '0001'), note('n1', '0001', 'v1'), result('r1', '0001', 'v1'), charge('c1', '0001')],
    ...[older('m2', '0001'), medication('m1', '0001'), allergy('a1', '0001')],
    ...[statement('s1', '0001', '2025-03-01'), statement('s2', '0001', '2025-06-01T08:00:00+02:00')],
    ...[visit('v2', '0002'), charge('c2', '0002'), allergy('a2', '0002')],
  ),
  'fhir/second.ndjson': ndjson(allergy('a3', '0002')),
});

onOneDialect('the workflow at the target', (dialect) => {
  let place: Place;
  let database: Database;
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore]);
  });
  afterAll(() => place.leave());

  type Shows = (records: readonly StoredRecord[], patientKey: string) => readonly StoredRecord[];
  async function run(name: string, showsChart?: Shows, options: Partial<RigOptions> = {}): Promise<Rig> {
    const rig = await Rig.open(place, { database, name, ...options });
    if (showsChart !== undefined) rig.target.showsChart = showsChart;
    await rig.carryAll(demographics(), chart);
    await rig.work();
    return rig;
  }
  const told = async (rig: Rig) =>
    (await rig.exceptions()).map(
      ({ category, code, sourceId, note: words }) => `${category} ${code} ${sourceId}: ${words}`,
    );
  const lines = async (rig: Rig) => {
    const { report } = await rig.house.store.read((em) => migrationOf(em, rig.migrationId));
    const { workflow } = (await sealedJson(rig.house, report ?? '')) as unknown as {
      workflow: readonly WorkflowLine[];
    };
    return workflow.map(({ check, asked, failed, notVerifiable, verdict }) => {
      const blind = notVerifiable === 0 ? '' : ` and ${notVerifiable} not`;
      return `${check} ${failed}/${asked}${blind} ${verdict}`;
    });
  };
  /** By path: the level of an item, and what charts came to for it. */
  const levels = async (rig: Rig) => {
    const { report } = await rig.house.store.read((em) => migrationOf(em, rig.migrationId));
    const { datasets } = (await sealedJson(rig.house, report ?? '')) as unknown as {
      datasets: readonly {
        readonly dispositionLines: string;
        readonly assurance: { readonly [level: string]: number };
      }[];
    };
    const items = await Promise.all(
      datasets.map(({ dispositionLines }) => rig.lines<DispositionLine>(dispositionLines)),
    );
    const told = items.flat().map(({ path, assurance }) => `${path} ${assurance.level}: ${assurance.workflow}`);
    return { told, counts: datasets.map(({ assurance }) => [assurance['workflow'], assurance['fields']]) };
  };

  test('of a sound migration passes, and the report says how often each question was asked', async () => {
    const rig = await run('sound');
    expect(await told(rig)).toEqual([]);
    expect(await lines(rig)).toEqual([
      'chart-opens 0/4 passed',
      'medication-order 0/1 passed',
      'result-encounter 0/1 passed',
      'charge-history 0/2 passed',
      'high-risk-charts 0/0 not-asked',
      'report-totals 0/0 not-asked',
    ]);
    const { told: items, counts } = await levels(rig);
    const whole = (records: number) =>
      `workflow: all ${records} records shown in charts that were opened at the target as those who work there do`;
    expect(items).toEqual([
      ...[`csv/patients-1.csv ${whole(2)}`, `csv/patients-2.csv ${whole(2)}`],
      ...[`fhir/charts.ndjson ${whole(12)}`, `fhir/second.ndjson ${whole(1)}`],
    ]);
    expect(counts).toEqual([
      [2, 0],
      [2, 0],
    ]);
  });

  const without =
    (...keys: readonly string[]): Shows =>
    (records) =>
      records.filter(({ key }) => !keys.includes(key ?? ''));
  const about =
    (patient: string, change: Shows): Shows =>
    (records, key) =>
      key === patient ? change(records, key) : records;

  const leadingTo = (record: StoredRecord, value: string): StoredRecord => {
    const result = JSON.parse(Buffer.from(record.bytes).toString()) as { encounter: { identifier: object } };
    const encounter = { ...result.encounter, identifier: { ...result.encounter.identifier, value } };
    return { ...record, bytes: Buffer.from(JSON.stringify({ ...result, encounter })) };
  };

  test.each<[string, Shows, string[]]>([
    [
      'a record that is there and that the chart does not show',
      without('AllergyIntolerance:a1'),
      ['NOT_SHOWN mrn:0001: 1 AllergyIntolerance are there and not shown in the chart'],
    ],
    [
      'prescriptions from the oldest to the newest',
      (records) => records.toReversed(),
      [
        'MEDICATIONS_OUT_OF_ORDER mrn:0001: ' +
          'MedicationRequest and MedicationStatement are not shown from the newest to the oldest',
      ],
    ],
    [
      "a result that leads to another patient's encounter",
      (records) => records.map((each) => (each.key === 'Observation:r1' ? leadingTo(each, 'Encounter:v2') : each)),
      ['ENCOUNTER_OF_ANOTHER mrn:0001: 1 Observation lead to another encounter than at the source'],
    ],
    [
      'a result that leads to an encounter that is not there',
      (records) => records.map((each) => (each.key === 'Observation:r1' ? leadingTo(each, 'Encounter:v9') : each)),
      ['ENCOUNTER_NOT_FOUND mrn:0001: 1 Observation name an encounter that cannot be opened at the target'],
    ],
    [
      'a result whose encounter the chart does not show',
      without('Encounter:v1'),
      [
        'ENCOUNTER_NOT_SHOWN mrn:0001: 1 Observation belong to an encounter that the chart does not show',
        'NOT_SHOWN mrn:0001: 1 Encounter are there and not shown in the chart',
      ],
    ],
    [
      'a charge that the history lacks',
      without('ChargeItem:c2'),
      ['CHARGE_NOT_SHOWN mrn:0002: 1 ChargeItem are there and not shown in the history'],
    ],
    [
      'a charge that the history has twice',
      (records) => records.flatMap((each) => (each.key === 'ChargeItem:c1' ? [each, each] : [each])),
      ['CHARGE_SHOWN_TWICE mrn:0001: 1 ChargeItem are shown more than once'],
    ],
  ])('tells %s', async (name, showsChart, expected) => {
    const rig = await run(name, showsChart);
    expect((await told(rig)).toSorted()).toEqual(expected.map((each) => `workflow-failed ${each}`));
    expect((await rig.exceptions()).map(({ severity }) => severity)).toEqual(expected.map(() => 'P1'));
    expect(await rig.unverified([demographics()])).toEqual(['demographics csv/patients-1.csv']);
  });

  test('tells of what another patient has and the chart shows', async () => {
    let theirs: readonly StoredRecord[] = [];
    const rig = await Rig.open(place, { database, name: 'misfiled' });
    rig.target.showsChart = (records, key) => {
      if (key !== 'mrn:0001') return records;
      theirs = rig.target.records.get('AllergyIntolerance') ?? [];
      return records.some(({ key: of }) => of === 'AllergyIntolerance:a1') ? theirs : records;
    };
    await rig.carryAll(demographics(), chart);
    await rig.work();
    expect(await told(rig)).toEqual([
      'workflow-failed OTHERS_SHOWN mrn:0001: 2 AllergyIntolerance of another patient are shown in the chart',
    ]);
    expect(theirs).toHaveLength(3);
  });

  test('is asked of as many charts as the policy says, and items that were not drawn say so', async () => {
    const some = await run('some', undefined, { policy: { validation: { charts: 1 } } });
    expect((await lines(some))[0]).toBe('chart-opens 0/1 passed');
    const { told: items, counts } = await levels(some);
    expect(counts.flat().reduce((sum = 0, count = 0) => sum + count, 0)).toBe(4);
    expect(items.filter((each) => each.startsWith('csv/')).toSorted()).toEqual([
      expect.stringMatching(
        / fields: (of 2 records 1 in charts that were opened|no record accounted to it was in a chart)/,
      ),
      expect.stringMatching(
        / fields: (of 2 records 1 in charts that were opened|no record accounted to it was in a chart)/,
      ),
    ]);
    const none = await run('none', without('AllergyIntolerance:a1'), { policy: { validation: { charts: 0 } } });
    expect(await told(none)).toEqual([]);
    expect((await lines(none))[0]).toBe('chart-opens 0/0 not-asked');
  });

  test('is asked of every chart of high risk, and those beyond the limit are not said to have passed', async () => {
    const charts = { 'active-clinical': 0, 'financially-sensitive': 0, 'historical-searchable': 0 };
    const none = { ...charts, 'compliance-archive': 0 };
    const high = (path: string, highRiskMax: number): Partial<RigOptions> => ({
      policy: { validation: { charts: { ...none, highRiskMax } }, sampling: { highRisk: [path] } },
    });
    const one = await lines(await run('one of high risk', undefined, high('fhir/second.ndjson', 9)));
    expect([one[0], one[4]]).toEqual(['chart-opens 0/1 passed', 'high-risk-charts 0/1 passed']);
    const two = await lines(await run('two of high risk', undefined, high('fhir/**', 1)));
    expect([two[0], two[4]]).toEqual(['chart-opens 0/1 passed', 'high-risk-charts 0/1 and 1 not not-verifiable']);
  });

  test('keeps what is in a chart that failed at the level of its fields, and says what failed', async () => {
    const rig = await run('failing', about('mrn:0002', without('AllergyIntolerance:a3')));
    const { told: items } = await levels(rig);
    expect(items).toContain('fhir/second.ndjson fields: of 1 records 1 in charts that failed: chart-opens');
    const rest = 'of 12 records 9 in charts that were opened at the target and passed, 3 in charts that failed';
    expect(items).toContain(`fhir/charts.ndjson fields: ${rest}: chart-opens`);
    // Everything that looks over a migration says it anew.
    rig.target.showsChart = (records) => records;
    await rig.moved(chart, 'sealed before');
    await rig.work();
    expect((await levels(rig)).counts).toEqual([
      [2, 0],
      [2, 0],
    ]);
  });

  test('is told for each target: one that shows no charts is not verifiable, whatever another one shows', async () => {
    const rig = await Rig.open(place, { database, name: 'chartless' });
    const { host } = rig.house;
    const open = host.target.bind(host);
    Object.assign(host, {
      target: async (...given: Parameters<typeof open>) => {
        const target = await open(...given);
        const isChartless = JSON.stringify(given[0].config).includes('chartless');
        return {
          ...target,
          listing: target.listing && { ...target.listing, ...(isChartless && { chart: undefined }) },
        };
      },
    });
    const elsewhere = 'chartless-' + rig.targetName;
    const others = patients(['0009', 'Adams', 'Ann', 'F', '1961-03-02']);
    const archive = demographics({ 'csv/old.csv': others }, { name: 'archive', select: 'csv/old*', target: elsewhere });
    await rig.carryAll(demographics(), chart, archive);
    await rig.work();
    expect(await lines(rig)).toEqual([
      ...['chart-opens 0/4 passed', 'medication-order 0/1 passed', 'result-encounter 0/1 passed'],
      ...['charge-history 0/2 passed', 'high-risk-charts 0/0 not-asked'],
      ...['chart-opens 0/0 and 1 not not-verifiable', 'medication-order 0/0 not-asked'],
      ...['result-encounter 0/0 not-asked', 'charge-history 0/0 not-asked'],
      ...['high-risk-charts 0/0 not-asked', 'report-totals 0/0 not-asked'],
    ]);
    const { told: items, counts } = await levels(rig);
    expect(items).toContain('csv/old.csv fields: not verifiable here, as the target shows no charts');
    expect(counts.at(-1)).toEqual([0, 1]);
    const migration = await rig.house.store.read((em) => migrationOf(em, rig.migrationId));
    const rows = await rig.house.store.read((em) => coverageOf(rig.house, em, migration));
    expect(rows.map(({ dataset, standing, open: points }) => [dataset, standing, points])).toEqual([
      ...[
        ['demographics', 'high', []],
        ['clinical', 'high', []],
      ],
      ['archive', 'limited', ['workflow not verifiable, as the target shows no charts: chart-opens']],
    ]);
  });
});
