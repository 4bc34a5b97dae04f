/** Totals by kind of record, day and author, on both sides: an early warning of what counts as a whole do not show. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Database } from '../../runtime/database.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { Batch } from '../../subgraphs/validation/store/tables.ts';
import { sealedJson } from '../../subgraphs/validation/work/house.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { change, lose } from './planted.ts';
import { clinical, demographics, documents, medication, ndjson } from './practice.ts';
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
});
