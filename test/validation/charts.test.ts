/** Charts: a patient or a visit that landed is complete when all that hangs on it did, over all batches. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Actor } from '../../kernel/actor.ts';
import type { Database } from '../../runtime/database.ts';
import { migrationOf } from '../../subgraphs/validation/store/copies.ts';
import { exceptionOf } from '../../subgraphs/validation/store/exceptions.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { recheckException } from '../../subgraphs/validation/work/act-on-exception.ts';
import type { CompletenessLine } from '../../subgraphs/validation/work/charts.ts';
import { sealedJson } from '../../subgraphs/validation/work/house.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { lose } from './planted.ts';
import { clinical, demographics, documents, medication, ndjson, note, visit } from './practice.ts';
import { Rig } from './rig.ts';

const OLGA: Actor = { type: 'user', id: 'olga', roles: ['operator'] };
const NOW = AbortSignal.timeout(600_000);

onEveryDialect('a chart', (dialect) => {
  let place: Place;
  let database: Database;
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore]);
  });
  afterAll(() => place.leave());

  const visits = clinical({
    'fhir/visits.ndjson': ndjson(
      ...[visit('v1', '0001'), note('n1', '0001', 'v1'), note('n2', '0001', 'v1'), medication('m1', '0001')],
      ...[visit('v2', '0002'), note('n3', '0002', 'v2')],
    ),
  });

  const completeness = async (rig: Rig): Promise<readonly string[]> => {
    const { report } = await rig.house.store.read((em) => migrationOf(em, rig.migrationId));
    const { completeness: lines } = (await sealedJson(rig.house, report ?? '')) as unknown as {
      completeness: readonly CompletenessLine[];
    };
    return lines.map(({ parent, child, charts, complete, expected, arrived, verdict }) =>
      [parent, child ?? '*', `${complete}/${charts}`, `${arrived}/${expected}`, verdict].join(' '),
    );
  };

  test('has a line for each kind of parent and of child, in the sealed report', async () => {
    const rig = await Rig.open(place, { database, name: 'whole' });
    await rig.carryAll(demographics(), visits, documents());
    await rig.work();
    expect(await rig.exceptions()).toEqual([]);
    expect(await completeness(rig)).toEqual([
      'Encounter * 2/2 3/3 complete',
      'Encounter DocumentReference 2/2 3/3 complete',
      'Patient * 2/2 8/8 complete',
      'Patient DocumentReference 2/2 3/3 complete',
      'Patient Encounter 2/2 2/2 complete',
      'Patient MedicationRequest 1/1 1/1 complete',
      'Patient document 2/2 2/2 complete',
    ]);
  });

  test('lacks what was lost of any batch, says so once at the nearest parent, and fails its line', async () => {
    const rig = await Rig.open(place, { database, name: 'lacks' });
    const datasets = [demographics(), visits, documents()];
    await rig.carryAll(...datasets);
    lose(rig, 'DocumentReference', 'DocumentReference:n1', 'DocumentReference:n2');
    rig.target.files.delete('documents/two words.txt');
    await rig.work();
    expect(await rig.found(datasets)).toEqual([
      'incomplete-chart clinical Encounter:v1',
      'incomplete-chart demographics mrn:0002',
      'missing-record clinical DocumentReference:n1',
      'missing-record clinical DocumentReference:n2',
      'missing-record documents documents/two words.txt',
    ]);
    const notes = (await rig.exceptions()).filter(({ category }) => category === 'incomplete-chart');
    expect(notes.map(({ note }) => note).toSorted()).toEqual([
      'it arrived without all that hangs on it: 1 of 1 document did not',
      'it arrived without all that hangs on it: 2 of 2 DocumentReference did not',
    ]);
    expect(await completeness(rig)).toEqual([
      'Encounter * 1/2 1/3 incomplete',
      'Encounter DocumentReference 1/2 1/3 incomplete',
      'Patient * 0/2 5/8 incomplete',
      'Patient DocumentReference 1/2 1/3 incomplete',
      'Patient Encounter 2/2 2/2 complete',
      'Patient MedicationRequest 1/1 1/1 complete',
      'Patient document 1/2 1/2 incomplete',
    ]);
    // The parents are sound themselves.
    expect(await rig.unverified(datasets)).toEqual([
      'clinical fhir/visits.ndjson',
      'documents documents/two words.txt',
    ]);
  });

  test('that did not land is missing itself, and lacks nothing', async () => {
    const rig = await Rig.open(place, { database, name: 'absent' });
    const datasets = [demographics(), visits];
    await rig.carryAll(...datasets);
    lose(rig, 'Patient', 'mrn:0002');
    lose(rig, 'MedicationRequest', 'MedicationRequest:m1');
    await rig.work();
    expect(await rig.found(datasets)).toEqual([
      'incomplete-chart demographics mrn:0001',
      'missing-record clinical MedicationRequest:m1',
      'missing-record demographics mrn:0002',
    ]);
  });

  test('closes when all that it lacked is there, and not before', async () => {
    const rig = await Rig.open(place, { database, name: 'mends' });
    await rig.carryAll(demographics(), visits, documents());
    const kept = new Map([...rig.target.records].map(([type, list]) => [type, [...list]]));
    const letter = rig.target.files.get('documents/two words.txt');
    lose(rig, 'DocumentReference', 'DocumentReference:n1', 'DocumentReference:n2');
    rig.target.files.delete('documents/two words.txt');
    await rig.work();
    const recheck = async (source: string) => {
      const row = (await rig.exceptions()).find(
        ({ category, sourceId }) => category === 'incomplete-chart' && sourceId === source,
      );
      if (row === undefined) throw new Error('no such chart');
      await recheckException(rig.house, row.id, OLGA, NOW);
      const after = (await rig.exceptions()).find(({ id }) => id === row.id);
      return after && exceptionOf(after).state;
    };
    expect(await recheck('mrn:0002')).toBe('open');
    rig.target.records.set('DocumentReference', (kept.get('DocumentReference') ?? []).slice(1));
    expect(await recheck('Encounter:v1')).toBe('open');
    rig.target.records.set('DocumentReference', kept.get('DocumentReference') ?? []);
    expect(await recheck('Encounter:v1')).toBe('closed');
    if (letter !== undefined) rig.target.files.set('documents/two words.txt', letter);
    expect(await recheck('mrn:0002')).toBe('closed');
  });
});
