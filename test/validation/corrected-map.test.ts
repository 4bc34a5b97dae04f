/** A remedy by a corrected map that names records by another key: what the map before made is told until it is gone. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Actor } from '../../kernel/actor.ts';
import { findRemedy } from '../../subgraphs/validation/store/remedies.ts';
import { recheckException } from '../../subgraphs/validation/work/act-on-exception.ts';
import { proposeRemedy } from '../../subgraphs/validation/work/propose-remedy.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { allergy, clinical, CSV_PATIENTS, demographics, ndjson } from './practice.ts';
import { Rig } from './rig.ts';

const OLGA: Actor = { type: 'user', id: 'olga', roles: ['operator'] };
const SECOND = 'csv/patients-2.csv';
const chart = clinical({ 'fhir/a.ndjson': ndjson(allergy('a1', '0004'), allergy('a2', '0001')) });
/** The record number alone is no key: another practice counts in the same numbers. */
const CORRECTED = CSV_PATIENTS.replace("key: 'mrn:{MRN}'", "key: 'ashfield:{MRN}'");

onEveryDialect('records that a corrected map names by another key', (dialect) => {
  let place: Place;
  let rig: Rig;
  beforeAll(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
    await rig.carryAll(demographics(), chart);
    takeAway('mrn:0003');
    await rig.work();
  });
  afterAll(() => place.leave());

  function takeAway(key: string): void {
    const patients = rig.target.records.get('Patient') ?? [];
    rig.target.records.set(
      'Patient',
      patients.filter((each) => each.key !== key),
    );
  }

  const told = async () =>
    (await rig.exceptions())
      .filter(({ isOpen }) => isOpen)
      .map(({ category, sourceId, code }) => `${category} ${sourceId} ${code}`)
      .toSorted();

  test('are held to their new key, and the old ones are unexpected until somebody takes them away', async () => {
    const [row] = await rig.exceptions();
    expect(await told()).toEqual(['missing-record mrn:0003 KEY_NOT_FOUND']);
    const wish = { exceptionIds: [row?.id ?? ''], reason: 'the key was too short', lineage: CORRECTED };
    const asked = await proposeRemedy(rig.house, wish, OLGA);
    if (!asked.ok) throw new Error(asked.refusals.map(({ code }) => code).join());
    await rig.movedAgain({ ...demographics(), lineage: CORRECTED }, asked.value.id, SECOND);
    await rig.work();
    expect(await rig.house.store.read((em) => findRemedy(em, asked.value.id))).toMatchObject({ closed: 1, left: 0 });
    // What other datasets bring hangs on the old key: it takes a corrected map of its own.
    expect(await told()).toEqual([
      'orphan AllergyIntolerance:a1 PATIENT_UNKNOWN',
      'unexpected-record mrn:0004 NOT_IN_SOURCE',
    ]);
    expect(await rig.unverified([demographics(), chart])).toEqual(['clinical fhir/a.ndjson']);
    const old = (await rig.exceptions()).find(({ category }) => category === 'unexpected-record');
    const look = () => recheckException(rig.house, old?.id ?? '', OLGA, AbortSignal.timeout(60_000));
    expect(await look()).toMatchObject({ ok: false, refusals: [{ code: 'STILL_DISAGREES' }] });
    takeAway('mrn:0004');
    expect(await look()).toMatchObject({ ok: true });
    expect(await told()).toEqual(['orphan AllergyIntolerance:a1 PATIENT_UNKNOWN']);
  });
});
