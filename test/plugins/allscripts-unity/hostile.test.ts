/** A Unity that times out after committing, lies, cuts, shifts and doubles: nothing twice, nothing pretended. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { never } from '../host/house.ts';
import { ALLERGY, deliver, DRUG, enterUnityHouse, once, parcelOf, PATIENT, record, type UnityHouse } from './house.ts';

const SETTLE_MS = 300_000;
const MOUTH = 'Take 1 tablet by mouth';

let house: UnityHouse;
beforeEach(async () => {
  house = await enterUnityHouse();
});
afterEach(() => house.leave());

const held = () => house.server.store.entries.map(({ action }) => action);
const saves = () => house.server.calls.filter((action) => action.startsWith('Save'));
const CHART = [PATIENT, ALLERGY, DRUG];
const SAVED = ['SavePatient', 'SaveAllergy', 'SaveRX'];

describe('a call whose outcome is not known', () => {
  test.each([
    ['timed out after it was committed', { kind: 'silent', commits: true }],
    ['was committed and cut before the first byte of its answer', { kind: 'drop', commits: true, afterBytes: 0 }],
    ['was committed and cut within its answer', { kind: 'drop', commits: true, afterBytes: 17 }],
    ['was committed and answered by a gateway', { kind: 'status', commits: true, status: 504 }],
    ['was committed and answered by an error', { kind: 'error', commits: true, text: 'error: deadlock' }],
  ] as const)('%s is found by what is to be seen, and not sent again', async (_, fault) => {
    house.server.plan('SaveAllergy', fault);
    const receipt = await deliver(await house.target(), CHART);
    expect(receipt.parts?.map(({ key }) => key)).toEqual(CHART.map(({ key }) => key));
    expect([held(), saves()]).toEqual([SAVED, SAVED]);
  });

  test('stays unknown while it may still land, and is sent again only when it has settled', async () => {
    house.server.plan('SaveAllergy', { kind: 'drop', commits: false, afterBytes: 0 });
    await expect(deliver(await house.target(), CHART)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    house.clock.advance(SETTLE_MS - 1);
    await expect(deliver(await house.target(), CHART)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(held()).toEqual(['SavePatient']);
    house.clock.advance(1);
    await deliver(await house.target(), CHART);
    expect(held()).toEqual(SAVED);
  });

  test('that lands after everybody gave up is found, and not sent again', async () => {
    house.server.plan('SaveAllergy', { kind: 'hold' });
    await expect(deliver(await house.target(), CHART)).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    house.server.release();
    await deliver(await house.target(), CHART);
    expect([held(), saves()]).toEqual([SAVED, SAVED]);
  });

  test('is never guessed where Unity gives nothing of the entry back to compare', async () => {
    const visit = record('Encounter/e1', 'SaveSimpleEncounter', {
      encounterType: 'OFFICE VISIT',
      dateTime: '2026-01-02',
    });
    house.server.plan('SaveSimpleEncounter', { kind: 'drop', commits: true, afterBytes: 0 });
    for (const wait of [0, SETTLE_MS]) {
      house.clock.advance(wait);
      await expect(deliver(await house.target(), [PATIENT, visit])).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    }
    expect(held()).toEqual(['SavePatient', 'SaveSimpleEncounter']);
  });

  test('is not what a commit leaves that was stopped before its call', async () => {
    const target = await house.target({ timeoutSeconds: 20 });
    await deliver(target, [PATIENT], 'parcel-0');
    // What the call says of the patient is asked for before it.
    house.server.plan('GetPatient', { kind: 'hold' });
    const asked = house.hears('GetPatient');
    const { parcel, body } = parcelOf([ALLERGY]);
    const staged = await target.stage(parcel, once(body), never());
    const stop = new AbortController();
    const stopped = target.commit(parcel, staged, stop.signal);
    await asked;
    stop.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    house.server.release();
    await target.commit(parcel, staged, never());
    expect(held()).toEqual(['SavePatient', 'SaveAllergy']);
  });

  test('is not made worse by a look that fails', async () => {
    house.server.plan('SaveAllergy', { kind: 'drop', commits: true, afterBytes: 0 });
    house.server.plan('GetClinicalSummary', { kind: 'pass' });
    const target = await house.target();
    const { parcel, body } = parcelOf(CHART);
    const staged = await target.stage(parcel, once(body), never());
    house.server.plan('GetClinicalSummary', { kind: 'status', commits: false, status: 503 });
    await expect(target.commit(parcel, staged, never())).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(await target.stat(parcel, never())).toBeUndefined();
    await target.commit(parcel, staged, never());
    expect([held(), saves()]).toEqual([SAVED, SAVED]);
  });
});

describe('a server that refuses', () => {
  test('with an error inside an answer of 200 has refused the record, and its words are not repeated', async () => {
    house.server.plan('SaveAllergy', { kind: 'error', commits: false, text: 'error: Jane Doe cannot be saved' });
    const refused = await deliver(await house.target(), CHART).catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'ITEM_REFUSED', message: expect.stringContaining(ALLERGY.key) });
    expect(`${String((refused as Error).stack)} ${house.logged.join()}`).not.toMatch(/Jane|Doe/);
    expect(held()).toEqual(['SavePatient']);
    await deliver(await house.target(), CHART);
    expect(held()).toEqual(SAVED);
  });

  test('a token in the middle of a parcel is given another one, and nothing is written twice', async () => {
    house.server.plan('SaveAllergy', { kind: 'expire' });
    await deliver(await house.target(), CHART);
    expect(held()).toEqual(SAVED);
    expect(house.server.calls.filter((action) => action === 'GetToken')).toHaveLength(2);
  });

  test('is asked for a new token before the old one ends, and every token is retired', async () => {
    const target = await house.target();
    await deliver(target, [PATIENT]);
    house.clock.advance(15 * 60_000);
    await deliver(target, [ALLERGY], 'parcel-2');
    expect(house.server.calls.filter((action) => action === 'GetToken')).toHaveLength(2);
    await target.close();
    expect(house.server.liveTokens()).toBe(0);
  });

  test('for want of a dictionary entry is not even asked to write', async () => {
    const latex = record('AllergyIntolerance/a2', 'SaveAllergy', { allergyName: 'MOON DUST' });
    const refused = await deliver(await house.target(), [PATIENT, ALLERGY, latex]).catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'ITEM_REFUSED' });
    const { message } = refused as Error;
    expect(message).toContain('SaveAllergy.allergyName of the record AllergyIntolerance/a2 is not in Allergen_DE');
    expect(message).not.toContain('MOON');
    expect(saves()).toEqual([]);
  });
});

describe('a server that keeps something else than it was sent', () => {
  test('a text that was cut off is told with its field and both lengths, until it is mended there', async () => {
    house.server.plan('SaveRX', { kind: 'truncate', name: 'Sig', characters: MOUTH.length });
    const told = { code: 'ITEM_REFUSED', message: expect.stringContaining(`${MOUTH.length} of 45 characters`) };
    await expect(deliver(await house.target(), CHART)).rejects.toMatchObject(told);
    await expect(deliver(await house.target(), CHART)).rejects.toMatchObject({
      message: expect.stringContaining(`SaveRX.sig of the record ${DRUG.key}`),
    });
    expect(saves()).toEqual(SAVED);
    const [cut] = house.server.store.of('SaveRX');
    Object.assign(cut?.values ?? {}, { Sig: DRUG.record['sig'] });
    const receipt = await deliver(await house.target(), CHART);
    expect(receipt.parts).toHaveLength(3);
    expect(saves()).toEqual(SAVED);
  });

  test('a date that was shifted is told with its field', async () => {
    house.server.plan('SavePatient', { kind: 'replace', name: 'dateofbirth', value: '02-Feb-1980' });
    await expect(deliver(await house.target(), CHART)).rejects.toMatchObject({
      ...{ code: 'ITEM_CHANGED', message: expect.stringContaining('SavePatient.dateOfBirth') },
    });
    expect(held()).toEqual(['SavePatient']);
  });

  test('a server whose clocks stand in another zone is written nothing', async () => {
    house.server.move('America/New_York');
    await expect(deliver(await house.target(), CHART)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(house.check()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(saves()).toEqual([]);
  });

  test('what one call made twice is a conflict for people, and is not written a third time', async () => {
    house.server.plan('SaveAllergy', { kind: 'twice' });
    for (const _ of [1, 2]) {
      await expect(deliver(await house.target(), CHART)).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    }
    expect(saves()).toEqual(['SavePatient', 'SaveAllergy']);
  });
});
