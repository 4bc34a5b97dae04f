import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../kernel/clock.ts';
import connector from '../../../plugins/https-api/index.ts';
import type { ConnectorContext, Target, TargetRecord } from '../../../plugins/sdk/index.ts';
import type { Asked } from '../../../plugins/peers/fhir-front.ts';
import { all, never, whole } from '../host/house.ts';
import { MemorySpool } from '../host/memory-spool.ts';
import { deliver, enterFhirHouse, patients, type FhirHouse } from './house.ts';

const isTransaction = ({ method, path }: Asked): boolean => method === 'POST' && path === '/fhir/';
const isSearch = ({ method, path }: Asked): boolean => method === 'GET' && path.startsWith('/fhir/Patient?');
const PATIENT = 'Jane Doe, born 1970';

/** An OperationOutcome as servers write them: a code, and prose that quotes the patient. */
function outcome(entry: number): string {
  const issue = {
    severity: 'error',
    code: 'value',
    diagnostics: PATIENT,
    expression: [`Bundle.entry[${entry}].resource`],
  };
  return JSON.stringify({ resourceType: 'OperationOutcome', issue: [issue] });
}

function listedPatients({ listing }: Target): Promise<TargetRecord[]> {
  if (listing === undefined) throw new Error('the target has no listing');
  return all(listing.records('Patient', never()));
}

describe('records into a FHIR service', () => {
  let house: FhirHouse;
  let target: Target;
  beforeEach(async () => {
    house = await enterFhirHouse();
    target = await house.target();
  });
  afterEach(() => house.leave());

  test.each([true, false])('a transaction without an answer lands once (landed: %s)', async (landed) => {
    house.front.plant(isTransaction, { kind: 'drop', landed });
    const receipt = await deliver(target, patients(['k1', 'k2']));
    expect(receipt.parts?.map(({ key }) => key)).toEqual(['k1', 'k2']);
    expect(house.server.store.ids('Patient')).toHaveLength(2);
    expect(house.log).toEqual(['connector-look-up']);
  });

  test('a transaction that stays without an answer is looked up when its time is over', async () => {
    await house.leave();
    house = await enterFhirHouse({ callDeadlineMs: 2_000 });
    target = await house.target();
    house.front.plant(isTransaction, { kind: 'silence' });
    expect((await deliver(target, patients(['k1']))).targetId).toBe('Patient/1');
    expect(house.server.store.ids('Patient')).toEqual(['1']);
  });

  test.each([429, 503])('a service that answers %s is asked again after the time it names', async (status) => {
    house.front.plant(isTransaction, { kind: 'answer', status, headers: { 'retry-after': '0' } });
    expect((await deliver(target, patients(['k1']))).targetId).toBe('Patient/1');
    house.front.plant(isTransaction, { kind: 'answer', status, headers: { 'retry-after': '600' } });
    await expect(deliver(target, patients(['k2']))).rejects.toMatchObject({
      retry: 'transient',
      retryAfterMs: 600_000,
    });
  });

  test('a refused transaction names the record and the outcome’s code, and nothing of the patient', async () => {
    house.front.plant(isTransaction, { kind: 'answer', status: 422, body: outcome(1) });
    const error = (await deliver(target, patients(['k1', 'k2'])).catch((thrown: Error) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'ITEM_REFUSED', retry: 'permanent' });
    expect(error.message).toContain('the record k2 is refused');
    expect(error.message).toContain('(value)');
    expect(`${error.stack}${(error.cause as Error).stack}`).not.toContain('Jane');
  });

  test('an entry that failed inside an answer of 200 is not taken for delivered', async () => {
    const rewrite = (body: string): string => {
      const bundle = JSON.parse(body) as { entry: { response: object }[] };
      const [first] = bundle.entry;
      const refused = { response: { status: '422 Unprocessable', outcome: JSON.parse(outcome(1)) as object } };
      return JSON.stringify({ ...bundle, entry: [first, refused] });
    };
    house.front.plant(isTransaction, { kind: 'rewrite', rewrite });
    const error = (await deliver(target, patients(['k1', 'k2'])).catch((thrown: Error) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'ITEM_REFUSED' });
    expect(error.message).toBe('the record k2 is refused: the target answers 422 (value)');
  });

  test('an answer that is cut short, or answers for fewer records, is looked up', async () => {
    house.front.plant(isTransaction, { kind: 'truncate', atByte: 40 });
    expect((await deliver(target, patients(['k1', 'k2']))).parts).toHaveLength(2);
    const rewrite = (body: string): string => JSON.stringify({ ...(JSON.parse(body) as object), entry: [] });
    house.front.plant(isTransaction, { kind: 'rewrite', rewrite });
    expect((await deliver(target, patients(['k3', 'k4']))).parts).toHaveLength(2);
    expect(house.server.store.ids('Patient')).toHaveLength(4);
  });

  test('the digits of a decimal leave as they came', async () => {
    await deliver(target, patients(['k1'], ',"extension":[{"url":"urn:x","valueDecimal":1.10}]'));
    const sent = house.front.asked.find(isTransaction)?.body.toString();
    expect(sent).toContain('"valueDecimal":1.10');
    expect(sent).toContain('"ifNoneExist":"identifier=urn%3Awaybill%3Asource%7Ck1"');
  });

  test('what was staged is what is sent, whatever became of the memory it was handed over in', async () => {
    const { parcel, body } = patients(['k1', 'k2']);
    const chunk = Buffer.from(body);
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      yield chunk;
    };
    const staged = await target.stage(parcel, bytes(), never());
    chunk.fill(' ');
    expect((await target.commit(parcel, staged, never())).parts?.map(({ key }) => key)).toEqual(['k1', 'k2']);
    expect(house.server.store.ids('Patient')).toEqual(['1', '2']);
  });

  test('lines may end in CR LF, be blank, and the last one may not end at all', async () => {
    const { parcel, body } = patients(['k1', 'k2']);
    const [first, second] = body.split('\n');
    const { parts } = await deliver(target, { parcel, body: `\n${first}\r\n \r\n\n${second}` });
    expect(parts?.map(({ key }) => key)).toEqual(['k1', 'k2']);
    expect(house.server.store.ids('Patient')).toEqual(['1', '2']);
  });

  test('what R4 gives no identifiers is found by its tag: a repeated commit and a look-up know it', async () => {
    const tag = JSON.stringify([{ system: 'urn:waybill:source', code: 'prov:1' }]);
    const body = `{"resourceType":"Provenance","meta":{"tag":${tag}}}\n`;
    const { parcel } = patients(['prov:1']);
    const shipment = { body, parcel: { ...parcel, sizeBytes: Buffer.byteLength(body) } };
    const first = await deliver(target, shipment);
    expect(first.parts).toEqual([{ key: 'prov:1', targetId: expect.stringMatching(/^Provenance\//) }]);
    expect(await deliver(target, shipment)).toEqual(first);
    expect(house.server.store.ids('Provenance')).toHaveLength(1);
    expect(house.front.asked.find(isTransaction)?.body.toString()).toContain(
      '"ifNoneExist":"_tag=urn%3Awaybill%3Asource%7Cprov%3A1"',
    );
    const found: string[] = [];
    for await (const { key } of target.listing?.recordsByKey?.('Provenance', ['prov:1', 'prov:2'], never()) ?? []) {
      found.push(key ?? '');
    }
    expect(found).toEqual(['prov:1']);
  });

  test('what lies in the spool and is not what was staged is never sent', async () => {
    const spool = new MemorySpool();
    const context: ConnectorContext = {
      spool,
      secret: (name) => (name === 'token' ? house.server.token : ''),
      log: () => {},
      now: () => systemClock.now(),
    };
    const { baseUrl, ca } = house.endpoint().config as { baseUrl: string; ca: string };
    const config = { profile: 'fhir-r4', baseUrl, ca } as const;
    const open = async () => (await connector.openTarget?.(config, context, never())) as Target;
    const { parcel, body } = patients(['damaged']);
    const other = patients(['somebody else']);
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(body);
    };
    const first = await open();
    const staged = await first.stage(parcel, bytes(), never());
    spool.held.set(parcel.key, Buffer.from(other.body));
    const afterRestart = await open();
    for (const each of [first, afterRestart]) {
      await expect(each.commit(parcel, staged, never())).rejects.toMatchObject({ code: 'ITEM_CHANGED' });
    }
    const again = await afterRestart.stage(parcel, bytes(), never());
    expect((await afterRestart.commit(parcel, again, never())).parts).toEqual([
      { key: 'damaged', targetId: expect.any(String) },
    ]);
    expect(house.server.store.find('Patient', 'urn:waybill:source', 'somebody else')).toEqual([]);
    for (const each of [first, afterRestart]) await each.close();
  });

  test('what is there already is found, not created again, even when nothing is staged any more', async () => {
    const { parcel, body } = patients(['k1', 'k2']);
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from(body);
    };
    const staged = await target.stage(parcel, bytes(), never());
    const receipt = await target.commit(parcel, staged, never());
    expect(await target.commit(parcel, staged, never())).toEqual(receipt);
    expect(await deliver(target, patients(['k2', 'k3']))).toMatchObject({
      parts: [{ key: 'k2', targetId: 'Patient/2' }, {}],
    });
    expect(house.server.store.ids('Patient')).toEqual(['1', '2', '3']);
  });

  test('a commit of what was never staged fails with ITEM_NOT_FOUND', async () => {
    const { parcel } = patients(['k1']);
    const staged = { key: parcel.key, sizeBytes: 1, state: { names: '[{"type":"Patient","key":"k1"}]' } };
    await expect(target.commit(parcel, staged, never())).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
  });

  test.each([
    ['no JSON', 'Jane Doe'],
    ['a resource without a source key', '{"resourceType":"Patient"}'],
    ['nothing', '\n'],
    ['no object', 'null'],
    ['too many records', patients(Array.from({ length: 101 }, (_, at) => `k${at}`)).body],
  ])('a parcel of %s is refused before anything is sent', async (_what, body) => {
    const { parcel } = patients(['k1']);
    const error = (await deliver(target, { parcel, body }).catch((thrown: Error) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'ITEM_REFUSED' });
    expect(error.message).not.toContain('Jane');
    expect(house.front.asked).toEqual([]);
  });

  test('a parcel that is not UTF-8 is refused: what was read of it is not what would arrive', async () => {
    const { parcel, body } = patients(['k1'], ',"name":[{"family":"J\u00e4ger"}]');
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      // One byte, as ISO 8859-1 has it.
      yield Buffer.from(body, 'latin1');
    };
    await expect(target.stage(parcel, bytes(), never())).rejects.toMatchObject({ code: 'ITEM_REFUSED' });
    expect(house.front.asked).toEqual([]);
  });

  test('a listing walks through every page, and stays at the service it began at', async () => {
    for (let at = 0; at < 450; at += 90) {
      await deliver(target, patients(Array.from({ length: 90 }, (_, next) => `k${at + next}`)));
    }
    const listed = await listedPatients(target);
    expect(new Set(listed.map(({ key }) => key)).size).toBe(450);
    expect(house.front.asked.filter(isSearch)).toHaveLength(3);
    const rewrite = (body: string): string => body.replaceAll(house.front.baseUrl, 'https://elsewhere.example/fhir');
    house.front.plant(isSearch, { kind: 'rewrite', rewrite });
    const strayed = listedPatients(target);
    await expect(strayed).rejects.toMatchObject({ code: 'PEER_NOT_TRUSTED' });
  });

  test('a record reads back as JSON; one that is not there is ITEM_NOT_FOUND', async () => {
    const { targetId } = await deliver(target, patients(['k1']));
    expect(JSON.parse(String(await whole(target.read(targetId, 0, never()))))).toMatchObject({
      resourceType: 'Patient',
    });
    for (const missing of ['Patient/404', 'not an id', '../metadata']) {
      await expect(whole(target.read(missing, 0, never()))).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
    }
  });
});
