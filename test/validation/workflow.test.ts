/** The target is asked the way a clinician, a biller or a report asks it: what it shows is held against what it has. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Actor } from '../../kernel/actor.ts';
import type { StoredRecord } from '../../plugins/memory/place.ts';
import type { Database } from '../../runtime/database.ts';
import { migrationOf } from '../../subgraphs/validation/store/copies.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { recheckException } from '../../subgraphs/validation/work/act-on-exception.ts';
import { sealedJson } from '../../subgraphs/validation/work/house.ts';
import type { WorkflowLine } from '../../subgraphs/validation/work/open-charts.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { allergy, clinical, demographics, medication, ndjson, note, visit } from './practice.ts';
import { Rig, type RigOptions } from './rig.ts';

const OLGA: Actor = { type: 'user', id: 'olga', roles: ['operator'] };
const NOW = AbortSignal.timeout(600_000);
const ofPatient = (mrn: string) => ({ subject: { reference: `Patient/${mrn}` } });

function charge(id: string, mrn: string): object {
  const code = { coding: [{ system: 'http://www.ama-assn.org/go/cpt', code: '99213' }], text: 'Office visit' };
  return { resourceType: 'ChargeItem', id, status: 'billable', code, ...ofPatient(mrn), quantity: { value: 1 } };
}

function result(id: string, mrn: string, visitId: string): object {
  const code = { coding: [{ system: 'http://loinc.org', code: '2345-7', display: 'Glucose' }], text: 'Glucose' };
  const of = { ...ofPatient(mrn), encounter: { reference: `Encounter/${visitId}` } };
  const value = { value: 101.5, unit: 'mg/dL', system: 'http://unitsofmeasure.org', code: 'mg/dL' };
  const at = '2026-02-11T09:20:00-04:00';
  return { resourceType: 'Observation', id, status: 'final', code, ...of, effectiveDateTime: at, valueQuantity: value };
}

const older = (id: string, mrn: string) => ({ ...medication(id, mrn), authoredOn: '2024-02-11T09:30:00-04:00' });

const chart = clinical({
  'fhir/charts.ndjson': ndjson(
    ...[visit('v1', '0001'), note('n1', '0001', 'v1'), result('r1', '0001', 'v1'), charge('c1', '0001')],
    ...[older('m2', '0001'), medication('m1', '0001'), allergy('a1', '0001')],
    ...[visit('v2', '0002'), charge('c2', '0002'), allergy('a2', '0002')],
  ),
});

onEveryDialect('the workflow at the target', (dialect) => {
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
    return workflow.map(({ check, asked, failed, verdict }) => `${check} ${failed}/${asked} ${verdict}`);
  };

  test('of a sound migration passes, and the report says how often each question was asked', async () => {
    const rig = await run('sound');
    expect(await told(rig)).toEqual([]);
    expect(await lines(rig)).toEqual([
      'chart-opens 0/4 passed',
      'medication-order 0/1 passed',
      'result-encounter 0/1 passed',
      'charge-history 0/2 passed',
      'report-totals 0/0 not-asked',
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

  test.each<[string, Shows, string[]]>([
    [
      'a record that is there and that the chart does not show',
      without('AllergyIntolerance:a1'),
      ['NOT_SHOWN mrn:0001: 1 AllergyIntolerance are there and not shown in the chart'],
    ],
    [
      'prescriptions from the oldest to the newest',
      (records) => records.toReversed(),
      ['MEDICATIONS_OUT_OF_ORDER mrn:0001: prescriptions are not shown from the newest to the oldest'],
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
      'workflow-failed OTHERS_SHOWN mrn:0001: 1 AllergyIntolerance of another patient are shown in the chart',
    ]);
    expect(theirs).toHaveLength(2);
  });

  test('is looked at again by opening the same chart, and closes when that shows what it ought to', async () => {
    const rig = await run('again', about('mrn:0001', without('AllergyIntolerance:a1')));
    const [row] = await rig.exceptions();
    const refused = await recheckException(rig.house, row?.id ?? '', OLGA, NOW);
    expect(refused).toMatchObject({ ok: false, refusals: [{ code: 'STILL_DISAGREES' }] });
    rig.target.showsChart = (records) => records;
    expect(await recheckException(rig.house, row?.id ?? '', OLGA, NOW)).toMatchObject({ ok: true });
    expect(await rig.unverified([demographics(), chart])).toEqual([]);
  });

  test('is asked of as many charts as the policy says, always the same', async () => {
    const some = await run('some', undefined, { policy: { validation: { charts: 1 } } });
    expect((await lines(some))[0]).toBe('chart-opens 0/1 passed');
    const none = await run('none', without('AllergyIntolerance:a1'), { policy: { validation: { charts: 0 } } });
    expect(await told(none)).toEqual([]);
    expect((await lines(none))[0]).toBe('chart-opens 0/0 not-asked');
  });

  test('is not verifiable where a target shows no charts, and is not said to have passed', async () => {
    const rig = await Rig.open(place, { database, name: 'chartless' });
    const { host } = rig.house;
    const open = host.target.bind(host);
    Object.assign(host, {
      target: async (...given: Parameters<typeof open>) => {
        const target = await open(...given);
        return { ...target, listing: target.listing && { ...target.listing, chart: undefined } };
      },
    });
    await rig.carryAll(demographics(), chart);
    await rig.work();
    expect((await lines(rig))[0]).toBe('chart-opens 0/0 not-verifiable');
  });

  test('has reports that count what they counted last', async () => {
    const totals = [
      { records: 'ChargeItem', count: 3 },
      { records: 'Patient', count: 4 },
    ];
    const consumers = [{ name: 'month end', kind: 'report', totals }];
    const rig = await Rig.open(place, { database, name: 'reports' });
    await rig.carryAll(demographics(), { ...chart, consumers });
    await rig.work();
    const [row] = await rig.exceptions();
    expect(row).toMatchObject({ code: 'REPORT_TOTAL_DIFFERS', recordType: 'ChargeItem', position: 'report month end' });
    expect(row?.note).toBe('the report counted 3 ChargeItem last, and 2 are at the target');
    expect((await lines(rig)).at(-1)).toBe('report-totals 1/2 failed');
  });
});
