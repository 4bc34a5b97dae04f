/** Totals by kind of record, day and author, on both sides: an early warning; and the last totals of reports. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Json } from '../../kernel/canonical-json.ts';
import type { Database } from '../../runtime/database.ts';
import type { WorkflowLine } from '../../subgraphs/validation/domain/workflow.ts';
import { migrationOf } from '../../subgraphs/validation/store/copies.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { Batch } from '../../subgraphs/validation/store/tables.ts';
import { sealedJson } from '../../subgraphs/validation/work/house.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { change, double, lose } from './planted.ts';
import { charge, clinical, demographics, documents, medication, ndjson } from './practice.ts';
import { Rig } from './rig.ts';

const by = (id: string, day: string, requester: string) => ({
  ...medication(id, '0001'),
  authoredOn: `${day}T09:30:00-04:00`,
  requester: { display: requester },
});
const prescriptions = clinical({
  'fhir/medications.ndjson': ndjson(
    ...[by('m1', '2026-02-11', 'Dr. Brown'), by('m2', '2026-02-11', 'Dr. Brown')],
    ...[by('m3', '2026-02-11', 'Dr. White'), by('m4', '2026-02-12', 'Dr. Brown')],
  ),
});

interface Line {
  readonly type: string;
  readonly day: string | null;
  readonly author: string | null;
  readonly source: number;
  readonly target: number;
}

onEveryDialect('totals', (dialect) => {
  let place: Place;
  let database: Database;
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore]);
  });
  afterAll(() => place.leave());

  async function run(name: string, spoil: (rig: Rig) => void) {
    const rig = await Rig.open(place, { database, name });
    await rig.carryAll(demographics(), prescriptions, documents());
    spoil(rig);
    await rig.work();
    const reportOf = async (dataset: string) => {
      const { report } = await rig.house.store.read((em) => em.findOneOrFail(Batch, { id: rig.batchId(dataset) }));
      return (await sealedJson(rig.house, report ?? '')) as {
        layers: { totals: { byDayAndAuthor?: { groups: number; differing: number } } };
        documents: { totals?: string };
      };
    };
    const { layers, documents: sealed } = await reportOf('clinical');
    const lines = await rig.lines<Line>(sealed.totals);
    return { rig, lines, told: layers.totals.byDayAndAuthor, ofDocuments: await reportOf('documents') };
  }
  const counts = (lines: readonly Line[]) =>
    lines.map(({ day, source, target }) => `${day} ${source}/${target}`).toSorted();

  test('are the same on both sides of a sound batch, and authors are told by a keyed digest', async () => {
    const { lines, told, ofDocuments } = await run('sound', () => {});
    expect(told).toEqual({ groups: 3, differing: 0 });
    expect(counts(lines)).toEqual(['2026-02-11 1/1', '2026-02-11 2/2', '2026-02-12 1/1']);
    expect(new Set(lines.map(({ author }) => author)).size).toBe(2);
    expect(JSON.stringify(lines)).not.toMatch(/Brown|White/);
    expect(ofDocuments.layers.totals.byDayAndAuthor).toBeUndefined();
  });

  test('show the day that lacks a record, the day that has one more, and the author who was replaced', async () => {
    const { lines, told } = await run('spoiled', (rig) => {
      lose(rig, 'MedicationRequest', 'MedicationRequest:m4');
      change(rig, 'MedicationRequest', 'MedicationRequest:m2', (it) => ({
        ...it,
        authoredOn: '2026-02-13T09:30:00-04:00',
      }));
      change(rig, 'MedicationRequest', 'MedicationRequest:m3', (it) => ({
        ...it,
        requester: { display: 'Dr. Black' },
      }));
    });
    expect(told).toEqual({ groups: 5, differing: 5 });
    expect(counts(lines)).toEqual([
      '2026-02-11 0/1',
      '2026-02-11 1/0',
      '2026-02-11 2/1',
      '2026-02-12 1/0',
      '2026-02-13 0/1',
    ]);
  });

  const priced = (id: string, day: string, value: number) =>
    charge(id, '0001', { occurrenceDateTime: `${day}T10:00:00-04:00`, priceOverride: { value, currency: 'USD' } });
  const charges = ndjson(
    ...[priced('c1', '2026-02-11', 120.1), priced('c2', '2026-02-11', 80.2), priced('c3', '2026-02-12', 120.15)],
  );
  const reports = (...totals: readonly Json[]) => ({ consumers: [{ name: 'month end', kind: 'report', totals }] });
  async function reported(rig: Rig) {
    const { report } = await rig.house.store.read((em) => migrationOf(em, rig.migrationId));
    const { workflow } = (await sealedJson(rig.house, report ?? '')) as unknown as {
      workflow: readonly WorkflowLine[];
    };
    const told = (await rig.exceptions()).filter(({ code }) => code === 'REPORT_TOTAL_DIFFERS');
    const { asked, failed, notVerifiable, verdict, why } = workflow.at(-1) as WorkflowLine;
    return {
      told: told.map(({ position, note }) => `${position}: ${note}`).toSorted(),
      asked,
      failed,
      notVerifiable,
      verdict,
      why,
    };
  }
  const sum = (total: string) => ({ of: 'priceOverride.value', total });
  const all = { records: 'ChargeItem', count: 3, sum: sum('320.450') };
  const ofDay = { records: 'ChargeItem', code: '99213', day: '2026-02-11', count: 2, sum: sum('200.3') };

  test('of reports are reproduced: counts, exact sums, and groups by code and day', async () => {
    const rig = await Rig.open(place, { database, name: 'reports' });
    const given = clinical({ 'fhir/charges.ndjson': charges });
    const wrong = [
      { records: 'Patient', count: 5 },
      { ...ofDay, day: '2026-02', sum: sum('320.46') },
    ];
    await rig.carryAll(demographics(), { ...given, ...reports(all, ofDay, ...wrong) });
    await rig.work();
    expect(await reported(rig)).toMatchObject({
      told: [
        'report month end, code 99213, 2026-02: the report counted 2 ChargeItem last, and 3 are at the target; ' +
          'the report added priceOverride.value up to 320.46 last, and it is 320.45 at the target',
        'report month end: the report counted 5 Patient last, and 4 are at the target',
      ],
      ...{ asked: 4, failed: 2, notVerifiable: 0, verdict: 'failed' },
    });
  });

  test('of reports show a price that the target changed and a charge it has twice', async () => {
    const rig = await Rig.open(place, { database, name: 'changed reports' });
    await rig.carryAll(demographics(), { ...clinical({ 'fhir/charges.ndjson': charges }), ...reports(all, ofDay) });
    change(rig, 'ChargeItem', 'ChargeItem:c3', (it) => ({ ...it, priceOverride: { value: 12, currency: 'USD' } }));
    double(rig, 'ChargeItem', 'ChargeItem:c1');
    await rig.work();
    expect((await reported(rig)).told).toEqual([
      'report month end, code 99213, 2026-02-11: the report counted 2 ChargeItem last, and 3 are at the target; ' +
        'the report added priceOverride.value up to 200.3 last, and it is 320.4 at the target',
      'report month end: the report counted 3 ChargeItem last, and 4 are at the target; ' +
        'the report added priceOverride.value up to 320.450 last, and it is 332.4 at the target',
    ]);
  });

  test('of reports that a target cannot be asked for are not said to have passed', async () => {
    const rig = await Rig.open(place, { database, name: 'blind reports' });
    const { host } = rig.house;
    const open = host.target.bind(host);
    host.target = async (...asked) => ({ ...(await open(...asked)), listing: undefined });
    const count = { records: 'ChargeItem', count: 3 };
    await rig.carryAll(demographics(), { ...clinical({ 'fhir/charges.ndjson': charges }), ...reports(count, ofDay) });
    await rig.work();
    expect(await reported(rig)).toEqual({
      ...{ told: [], asked: 1, failed: 0, notVerifiable: 1 },
      ...{ verdict: 'not-verifiable', why: 'the target cannot list' },
    });
  });
});
