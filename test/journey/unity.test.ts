/** Charts on their way into a hostile Unity, by the command line: what arrived is proved, what did not is told. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { UnityServer } from '../../plugins/peers/unity-server.ts';
import type { UnityStore } from '../../plugins/peers/unity-store.ts';
import { temporaryFolders } from '../support/places.ts';
import { type Ended, runWaybill, startWaybill } from '../support/waybill.ts';
import { ENVIRONMENT, openSite, PERSONS, RECORDS_OF_A_CHART, TOLD_OF_NOBODY } from './unity-house.ts';

const folder = temporaryFolders();

/** What somebody does to the second chart after the last one has moved: only who reads it again can know. */
function spoilBeforeValidation(action: string, store: UnityStore): void {
  const hasMoved = store.of('SaveRX').length === PERSONS.length - 1;
  if (action === 'GetToken' && hasMoved) Object.assign(store.of('SavePatient')[1]?.values ?? {}, { City: 'Bos' });
}

const ASSURANCES = "select level, method from validation_item_disposition where state = 'moved' order by ordinal";

/** As the store of validation holds them: the level and the method of every item that moved. */
function assurances(data: string): readonly { readonly level: string; readonly method: string }[] {
  const database = new DatabaseSync(join(data, 'waybill.db'), { readOnly: true });
  const rows = database.prepare(ASSURANCES).all();
  database.close();
  return rows as unknown as { level: string; method: string }[];
}

describe('charts that go to Unity', () => {
  let server: UnityServer;
  let place: string;
  let ended: Ended;

  beforeAll(async () => {
    place = folder();
    server = await openSite(place, PERSONS, spoilBeforeValidation);
    // In the order of the charts: a call that lands unanswered, a token that ends, a text that is cut off.
    server.plan('SaveAllergy', { kind: 'drop', commits: true, afterBytes: 0 });
    server.plan('SaveProblemsData', { kind: 'expire' });
    for (const _ of ['p1', 'p2']) server.plan('SaveRX', { kind: 'pass' });
    server.plan('SaveRX', { kind: 'truncate', name: 'Sig', characters: 8 });
    ended = await runWaybill(['migrate', 'plan.yaml', '--data', 'data', '--json'], {
      directory: place,
      environment: ENVIRONMENT,
    });
  });
  afterAll(() => server.close());

  test('arrive once each, whatever the server did, and those that did not are set aside', () => {
    expect(ended).toMatchObject({ code: 2, json: { outcome: 'exceptions-open' } });
    const [charts] = ended.json?.datasets ?? [];
    expect(charts).toMatchObject({ eligible: 4, verified: 1, quarantined: 3, failed: 0 });
    const saved = server.store.entries.map(({ action, patientId }) => `${action} ${patientId}`);
    expect(server.store.of('SavePatient')).toHaveLength(3);
    const [first, second] = server.store.of('SavePatient');
    for (const patient of [first, second]) {
      expect(server.store.entries.filter(({ patientId }) => patientId === patient?.id)).toHaveLength(
        RECORDS_OF_A_CHART,
      );
    }
    expect(saved.filter((each) => each.startsWith('SaveRX'))).toHaveLength(3);
  });

  test('are told of by category, and nothing of a patient is told', () => {
    const exceptions = ended.json?.exceptions.map(({ category, dataset }) => [category, dataset]);
    expect(exceptions?.toSorted()).toEqual([
      ['schema-invalid', 'charts'],
      ['schema-invalid', 'charts'],
      ['truncation', 'charts'],
    ]);
    const [cut] = ended.json?.exceptions.filter(({ category }) => category === 'truncation') ?? [];
    expect(cut).toMatchObject({
      sourceId: 'Patient/p2',
      field: 'city',
      targetId: expect.stringMatching(/^SavePatient/),
    });
    expect(`${ended.stdout}${ended.stderr}`).not.toMatch(TOLD_OF_NOBODY);
  });

  test('are proved as far as Unity gives them back, and what it does not is named', () => {
    const told = assurances(join(place, 'data'));
    expect(told.map(({ level }) => level)).toEqual(['record', 'record']);
    for (const { method } of told) {
      expect(method).toContain('read one by one by the ids of the receipts');
      expect(method).toMatch(/gives nothing back of: .*SaveAllergy\.comments.*SaveNote\.status/);
      expect(method).not.toMatch(/SaveNote\.text|SavePatient/);
    }
  });

  test('leave no token behind', () => {
    expect(server.liveTokens()).toBe(0);
  });
});

describe('a house that is killed while it writes to Unity', () => {
  /** At the first call that writes, at the last one of an image, and in the second chart. */
  const KILLED_AT = [1, 10, 18];
  let kill: () => void = () => undefined;
  let saves = 0;
  let server: UnityServer;
  const place = folder();
  beforeAll(async () => {
    server = await openSite(place, PERSONS.slice(0, 2), (action) => {
      if (action.startsWith('Save') && KILLED_AT.includes(++saves)) kill();
    });
  });
  afterAll(() => server.close());

  test('goes on where it was, and every record is there once', async () => {
    const run = (...args: readonly string[]) => {
      const running = startWaybill([...args, '--data', 'data', '--json'], {
        directory: place,
        environment: ENVIRONMENT,
      });
      kill = () => void running.process.kill('SIGKILL');
      return running.ended;
    };
    let ended = await run('migrate', 'plan.yaml');
    let kills = 0;
    for (; ended.code === null && kills < KILLED_AT.length; kills++) ended = await run('resume');
    expect({ kills, code: ended.code, stderr: ended.stderr }).toMatchObject({ kills: KILLED_AT.length, code: 0 });
    expect(ended.json?.datasets).toMatchObject([{ eligible: 2, verified: 2 }]);
    const patients = server.store.of('SavePatient').map(({ id }) => id);
    expect(patients).toHaveLength(2);
    for (const id of patients) {
      expect(server.store.entries.filter(({ patientId }) => patientId === id)).toHaveLength(RECORDS_OF_A_CHART);
    }
  });
});
