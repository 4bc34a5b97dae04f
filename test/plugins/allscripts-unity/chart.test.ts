/** What is sent and read back when nobody is hostile, and what is refused because nobody could know. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ACTIONS } from '../../../plugins/allscripts-unity/actions.ts';
import { settings } from '../../../plugins/allscripts-unity/settings.ts';
import { KEYED_RECORDS, type KeyedRecord } from '../../../plugins/sdk/index.ts';
import { UNITY_ACTIONS } from '../../../records/unity/actions.ts';
import { never } from '../host/house.ts';
import {
  ALLERGY,
  deliver,
  DRUG,
  enterUnityHouse,
  once,
  parcelOf,
  PATIENT,
  READ_BACK,
  readBack,
  record,
  SITE,
  type UnityHouse,
} from './house.ts';

const MAPPED = join(import.meta.dirname, '../../records/maps/fhir-to-unity/chart.json');

let house: UnityHouse;
beforeEach(async () => {
  house = await enterUnityHouse();
});
afterEach(() => house.leave());

const saves = () => house.server.calls.filter((action) => action.startsWith('Save'));

describe('a chart', () => {
  /** The chart that the shipped map makes, as test/records/maps holds it. */
  const chart = (): KeyedRecord[] =>
    (JSON.parse(readFileSync(MAPPED, 'utf8')) as KeyedRecord['record'][]).map((each, at) =>
      record(each.resourceType === 'SavePatient' ? 'Patient/p1' : `r${at}`, each.resourceType, each as never),
    );

  test('of the shipped map is written whole, and comes back as far as Unity gives it back', async () => {
    const target = await house.target({ readBack: READ_BACK });
    const records = chart();
    const { parts = [] } = await deliver(target, records);
    expect(parts.map(({ key }) => key)).toEqual(records.map(({ key }) => key));
    for (const [at, { targetId }] of parts.entries()) {
      const { resourceType, ...sent } = records[at]?.record ?? { resourceType: '' };
      const hidden = target.withheld?.[resourceType] ?? [];
      const expected = Object.fromEntries(Object.entries(sent).filter(([input]) => !hidden.includes(input)));
      expect(await readBack(target, targetId)).toEqual({ resourceType, ...expected });
    }
    expect(house.server.store.of('SaveAllergy')[0]?.values).toMatchObject({ OrganizationalMRN: '00123' });
    expect(house.server.store.of('SaveDocumentImage')[0]?.values).toMatchObject({ patientLastName: 'Doe' });
  });

  test('is withheld where no public client shows that it comes back', async () => {
    const { withheld } = await house.target();
    expect(withheld?.['SavePatient']).toEqual([]);
    expect(withheld?.['SaveAllergy']).toContain('comments');
    expect(withheld?.['SaveNote']).toContain('text');
    expect((await house.target({ readBack: READ_BACK })).withheld?.['SaveNote']).not.toContain('text');
  });

  test('has two entries where the source has two records that are alike', async () => {
    const twin = { ...ALLERGY, key: 'AllergyIntolerance/a2' };
    const { parts = [] } = await deliver(await house.target(), [PATIENT, ALLERGY, twin]);
    expect(new Set(parts.map(({ targetId }) => targetId)).size).toBe(3);
    expect(house.server.store.of('SaveAllergy')).toHaveLength(2);
  });

  test('keeps its documents apart, though they stand in one list', async () => {
    const text = { documentType: 'ChartNote', authorCode: 'TW0001', content: 'Seen today.' };
    const note = record('n1', 'SaveNote', { text: 'Seen today.', documentType: 'ChartNote' });
    const letter = record('n2', 'SaveUnstructuredDocument', text);
    const { parts = [] } = await deliver(await house.target({ readBack: READ_BACK }), [PATIENT, note, letter]);
    expect(parts.map(({ targetId }) => targetId)).toEqual([
      ...['SavePatient/1', 'SaveNote/1/2', 'SaveUnstructuredDocument/1/3'],
    ]);
  });

  test('an image whose token ends between its pieces goes on with another one', async () => {
    const bytes = Buffer.alloc(1_500_000, 7);
    const said = { documentType: 'sEKG', ownerCode: 'TW0001', bytes: String(bytes.byteLength) };
    house.server.plan('SaveDocumentImage', { kind: 'pass' });
    house.server.plan('SaveDocumentImage', { kind: 'expire' });
    const target = await house.target({ timeoutSeconds: 20 });
    await deliver(target, [PATIENT, record('i1', 'SaveDocumentImage', { ...said, data: bytes.toString('base64') })]);
    expect(house.server.store.of('SaveDocumentImage')).toHaveLength(1);
  });

  test('an image goes in pieces, and one whose upload breaks is there once after it was begun again', async () => {
    const bytes = Buffer.alloc(2_500_000, 7);
    const image = record('i1', 'SaveDocumentImage', {
      ...{ command: 'i', documentType: 'sEKG', bytes: String(bytes.byteLength), fileName: 'ecg.pdf' },
      ...{ ownerCode: 'TW0001', data: bytes.toString('base64') },
    });
    house.server.plan('SaveDocumentImage', { kind: 'pass' });
    house.server.plan('SaveDocumentImage', { kind: 'drop', commits: true, afterBytes: 0 });
    const target = await house.target({ readBack: READ_BACK, timeoutSeconds: 20 });
    await expect(deliver(target, [PATIENT, image])).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: 'transient' });
    const { parts = [] } = await deliver(target, [PATIENT, image]);
    const [saved, ...more] = house.server.store.of('SaveDocumentImage');
    expect(more).toEqual([]);
    expect(Buffer.from(saved?.values['data'] ?? '', 'base64').equals(bytes)).toBe(true);
    expect(await readBack(target, parts[1]?.targetId ?? '')).toMatchObject({ data: image.record['data'] });
    expect(saves().filter((action) => action === 'SaveDocumentImage')).toHaveLength(2 + 4);
  });
});

describe('a patient', () => {
  test('who is not there yet keeps his records out, and nothing of the parcel is written', async () => {
    const told = { code: 'ITEM_REFUSED', message: expect.stringContaining('move the patients first') };
    await expect(deliver(await house.target(), [ALLERGY])).rejects.toMatchObject(told);
    expect(saves()).toEqual([]);
    await deliver(await house.target(), [PATIENT], 'parcel-0');
    await deliver(await house.target(), [ALLERGY]);
    expect(house.server.store.of('SaveAllergy')).toHaveLength(1);
  });

  test('may be named by a record number that is one patient', async () => {
    house.server.store.save('SavePatient', '', { mrn: '777', LastName: 'Roe' });
    await deliver(await house.target(), [{ ...ALLERGY, parent: 'mrn:777' }]);
    expect(house.server.store.of('SaveAllergy', '1')).toHaveLength(1);
    house.server.store.save('SavePatient', '', { mrn: '777', LastName: 'Poe' });
    const target = await house.target();
    await expect(deliver(target, [{ ...DRUG, parent: 'mrn:777' }], 'p2')).rejects.toMatchObject({
      code: 'ITEM_CONFLICT',
    });
    await expect(deliver(target, [{ ...DRUG, parent: 'mrn:0' }], 'p3')).rejects.toMatchObject({ code: 'ITEM_REFUSED' });
  });

  test('who is there as he was sent is taken for himself; another under his number is a conflict', async () => {
    const values = { mrn: '00123', LastName: 'Doe', Firstname: 'Jane', dateofbirth: '03-Feb-1980', gender: 'Female' };
    house.server.store.save('SavePatient', '', values);
    const { parts } = await deliver(await house.target(), [PATIENT]);
    expect([parts?.[0]?.targetId, saves()]).toEqual(['SavePatient/1', []]);
    const other = record('Patient/p2', 'SavePatient', { mrn: '00123', lastName: 'Poe', firstName: 'Jane' });
    await expect(deliver(await house.target(), [other], 'p2')).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    const nameless = record('Patient/p3', 'SavePatient', { lastName: 'Roe', firstName: 'Jane' });
    await expect(deliver(await house.target(), [nameless], 'p3')).rejects.toMatchObject({ code: 'ITEM_REFUSED' });
    expect(saves()).toEqual([]);
  });
});

describe('what is there already', () => {
  test('and only looks like the record is neither taken for it nor doubled', async () => {
    await deliver(await house.target(), [PATIENT], 'p0');
    house.server.store.save('SaveAllergy', '1', { AllergyName: 'PENICILLINS' });
    const told = { code: 'ITEM_CONFLICT', message: expect.stringContaining('that Waybill did not write') };
    await expect(deliver(await house.target(), [ALLERGY])).rejects.toMatchObject(told);
    expect(house.server.store.of('SaveAllergy')).toHaveLength(1);
  });

  test('under the same key with other content is never replaced', async () => {
    await deliver(await house.target(), [PATIENT, ALLERGY]);
    const changed = { ...ALLERGY, record: { ...ALLERGY.record, comments: ['Reaction: none'] } };
    await expect(deliver(await house.target(), [changed], 'p2')).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    expect(house.server.store.of('SaveAllergy')).toHaveLength(1);
  });
});

describe('what cannot be a call', () => {
  test.each([
    ['an action that takes nothing that is public', record('o1', 'SaveResult', {}), 'ITEM_REFUSED'],
    ['an input the action does not take', record('a1', 'SaveAllergy', { severity: 'x' }), 'ITEM_REFUSED'],
    ['a record of nobody', record('a1', 'SaveAllergy', { allergyName: 'LATEX' }, null), 'ITEM_REFUSED'],
    ['a number for a text', record('a1', 'SaveAllergy', { comments: 1 as never }), 'ITEM_REFUSED'],
    ['an image of another size', record('i1', 'SaveDocumentImage', { bytes: '9', data: 'AAAA' }), 'ITEM_REFUSED'],
    ['a dictionary nobody named', record('c1', 'SaveProblemsData', { severity: 'Mild' }), 'CONFIG_INVALID'],
  ])('%s is refused before anything is staged', async (_, wrong, code) => {
    const { parcel, body } = parcelOf([PATIENT, wrong]);
    const target = await house.target();
    await expect(target.stage(parcel, once(body), never())).rejects.toMatchObject({ code });
    expect([...house.spool.held.keys()]).toEqual([]);
  });

  test('records of FHIR are refused, and the map that is needed is named', async () => {
    const { parcel, body } = parcelOf([PATIENT]);
    const told = { code: 'UNSUPPORTED', message: expect.stringContaining('target: unity') };
    const fhir = { ...parcel, mediaType: 'application/fhir+ndjson' };
    await expect((await house.target()).stage(fhir, once(body), never())).rejects.toMatchObject(told);
    expect(parcel.mediaType).toBe(KEYED_RECORDS);
  });
});

describe('what the connector knows of Unity', () => {
  test('is what the maps are checked against', () => {
    type Inputs = Readonly<Record<string, { readonly parameter: string; readonly field?: string }>>;
    const known = (actions: Readonly<Record<string, { readonly inputs: Inputs }>>) =>
      Object.fromEntries(
        Object.entries(actions).map(([name, { inputs }]) => [
          name,
          Object.entries(inputs).map(([input, { parameter, field }]) => [input, parameter, field]),
        ]),
      );
    const { SaveVitalsData: _, SaveResult: _r, SaveImmunization: _i, ...written } = known(UNITY_ACTIONS);
    expect(known(ACTIONS)).toEqual(written);
    for (const [name, { xml }] of Object.entries(ACTIONS)) {
      expect([name, xml?.root]).toEqual([name, UNITY_ACTIONS[name]?.root ?? (xml && 'savepatient')]);
    }
  });

  test('is told by a check: what it is, how its clock stands, and how it is trusted', async () => {
    expect(await house.check()).toMatchObject({
      ...{ product: 'Enterprise EHR', productVersion: '11.2.3.32.000', serverTimeZone: SITE.zone },
      ...{ clockSkewSeconds: '0', tls: 'TLSv1.3', certificateSubject: 'CN=Waybill sandbox' },
      dictionaries: 'Document_Type_DE 2, Allergen_DE 2, Problem_Status_DE 2, Encounter_Type_DE 1',
      notGivenBack: expect.stringContaining('SaveAllergy.comments'),
    });
    expect(house.server.liveTokens()).toBe(0);
  });

  test('is not enough where the site names a dictionary that is not there', async () => {
    house.server.plan('GetDictionary', { kind: 'error', commits: false, text: 'error: no such dictionary' });
    await expect(house.check()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('a user of the EHR with a wrong password is told apart from a wrong licence', async () => {
    const wrong = { servicePassword: 'licence-word', ehrPassword: 'x' };
    await expect(house.check({}, wrong)).rejects.toMatchObject({ message: expect.stringContaining('ehrPassword') });
    const other = { servicePassword: 'x', ehrPassword: 'ehr-word' };
    await expect(house.check({}, other)).rejects.toMatchObject({ message: expect.stringContaining('servicePassword') });
  });

  test('a column is taken for an input of the action only', () => {
    const base = { ...SITE, baseUrl: 'https://ehr.example/Unity' };
    const parsed = settings.safeParse({ ...base, readBack: { SaveNote: { sig: 'x' } } });
    expect(parsed.error?.issues.map(({ path }) => path)).toEqual([['readBack', 'SaveNote', 'sig']]);
    expect(settings.safeParse({ ...base, zone: 'Mars/Base' }).success).toBe(false);
    expect(settings.safeParse({ ...base, readBack: { SaveNote: { text: 'x' } } }).success).toBe(true);
  });
});
