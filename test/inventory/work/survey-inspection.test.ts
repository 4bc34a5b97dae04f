import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Store } from '../../../runtime/store.ts';
import { pageOfFindings } from '../../../subgraphs/inventory/store/findings.ts';
import { surveyDatasets, latestSurvey } from '../../../subgraphs/inventory/store/surveys.ts';
import { Item } from '../../../subgraphs/inventory/store/tables.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { bomb, zip } from '../../records/archive/zip.ts';
import { House } from '../house.ts';
import { id, stepsIn } from '../questions.ts';

const dataset = (name: string, select: string, format: string) => ({
  name,
  tier: 'compliance-archive',
  select,
  format,
  lineage: 'pass-through',
  owner: 'him',
});
const PDF = '%PDF-1.7\n1 0 obj\nendobj\n%%EOF\n';
const msh = (type: string, controlId: string, acks = '|') =>
  `MSH|^~\\&|LAB|ST|EHR|ST|20260101||${type}|${controlId}|P|2.5.1||${acks}\r`;

onEveryDialect('the inspection of a survey', ({ enter }) => {
  let place: Place;
  let house: House;
  let store: Store;
  beforeEach(async () => {
    place = await enter();
    house = await House.open(place);
    store = house.database.store('inventory');
  });
  afterEach(async () => {
    await house.close();
    await place.leave();
  });

  const steps = stepsIn(() => house);
  const datasets = [
    dataset('messages', 'hl7/**', 'hl7v2'),
    dataset('resources', 'fhir/**', 'fhir'),
    dataset('documents', '**', 'document'),
  ];
  const survey = async (policy?: string): Promise<void> => {
    await steps.declare(house.plan(datasets), policy);
    await steps.survey();
  };
  const rows = () => store.read((em) => em.find(Item, {}, { orderBy: { path: 'asc' } }));
  const findings = async (): Promise<Record<string, number>> => {
    const all = await store.read((em) => pageOfFindings(em, { migrationId: id }, 250, null));
    const counts: Record<string, number> = {};
    for (const { code, count } of all) counts[code] = (counts[code] ?? 0) + count;
    return counts;
  };
  const run = async () => {
    const found = await store.read((em) => latestSurvey(em, id));
    if (found === null) throw new Error('no survey');
    return found;
  };

  test('tells what each item is by its content, not by its name', async () => {
    house.source.put('hl7/1.hl7', `${msh('ADT^A01', 'C1')}PID|1\r`);
    house.source.put('fhir/1.json', '{"resourceType":"Patient","id":"p"}');
    house.source.put('scan.tif', PDF);
    house.source.put('no-extension', PDF);
    house.source.put('nothing.pdf', '');
    await survey();
    const kinds = (await rows()).map(({ path, contentKind, isStructured }) => [path, contentKind, isStructured]);
    expect(kinds).toEqual([
      ['fhir/1.json', 'fhir-json', true],
      ['hl7/1.hl7', 'hl7v2', true],
      ['no-extension', 'pdf', false],
      ['nothing.pdf', 'empty', null],
      ['scan.tif', 'pdf', false],
    ]);
    expect(await findings()).toEqual({ EXTENSION_DIFFERS: 1, EMPTY_ITEM: 1 });
    expect(await run()).toMatchObject({ state: 'complete', phase: 'done', listed: 5, inspected: 5 });
  });

  test('finds content that is not of the format its dataset declares', async () => {
    house.source.put('hl7/1', PDF);
    house.source.put('fhir/1', `${msh('ADT^A01', 'C1')}PID|1\r`);
    house.source.put('document', '{"resourceType":"Patient"}');
    await survey();
    expect(await findings()).toEqual({ FORMAT_DIFFERS: 3 });
  });

  test('an item that may not be read, has vanished, or breaks the connector does not stop the others', async () => {
    for (const name of ['a', 'b', 'c', 'd']) house.source.put(name, PDF);
    house.source.plant({ on: 'read', path: 'a', effect: { kind: 'fail', code: 'ACCESS_DENIED' } });
    house.source.plant({ on: 'read', path: 'b', effect: { kind: 'fail', code: 'ITEM_NOT_FOUND' } });
    house.source.plant({ on: 'read', path: 'c', effect: { kind: 'defect', message: 'oops' } });
    await survey();
    expect((await rows()).map(({ contentKind }) => contentKind)).toEqual([null, null, null, 'pdf']);
    expect(await findings()).toEqual({ ACCESS_DENIED: 1, ITEM_VANISHED: 1, CONNECTOR_DEFECT: 1 });
    expect(await run()).toMatchObject({ state: 'complete', inspected: 4 });
  });

  test('archives are opened, and those made to break whoever opens them are found', async () => {
    const message = `${msh('ADT^A01', 'C1')}PID|1\r`;
    const put = (path: string, bytes: Buffer) => house.source.put(path, bytes);
    put(
      '1.zip',
      zip([
        { name: 'a.hl7', content: message },
        { name: 'b.zip', content: zip([{ name: 'c', content: 'x' }]) },
      ]),
    );
    put('2.zip', bomb(1_000_000, 10_000));
    put('3.zip', zip([{ name: '../a', content: 'x', flags: 1 }]));
    put('4.zip', zip([{ name: 'a', content: 'x' }]).subarray(0, -10));
    put('5.pdf', Buffer.from(PDF));
    await survey();
    expect((await rows()).map(({ contentKind, hidden }) => [contentKind, hidden])).toEqual([
      ['zip', { 'archive-member': 2, 'nested-archive': 1 }],
      ['zip', expect.anything()],
      ['zip', { 'archive-member': 1 }],
      ['zip', null],
      ['pdf', null],
    ]);
    expect(await findings()).toMatchObject({
      RECORDS_IN_ARCHIVE: 1,
      ARCHIVE_EXPANDS_TOO_FAR: 1,
      ARCHIVE_PATH_UNSAFE: 1,
      ARCHIVE_ENCRYPTED: 1,
      ARCHIVE_UNREADABLE: 1,
      HIDDEN_NESTED_ARCHIVE: 1,
    });
    expect(await run()).toMatchObject({ state: 'complete', inspected: 5 });
  });

  test('a source that does not let anybody in any more fails the survey', async () => {
    for (const name of ['a', 'b']) house.source.put(name, PDF);
    house.source.plant({ on: 'read', effect: { kind: 'fail', code: 'AUTH_FAILED' } });
    await survey();
    expect(await run()).toMatchObject({ state: 'failed', failureCode: 'AUTH_FAILED' });
  });

  test('an item that is longer than the source lists, or shorter, is found and read no further', async () => {
    house.source.put('hl7/long', `${msh('ADT^A01', 'C1')}${'PID|1\r'.repeat(20)}`);
    house.source.put('hl7/short', `${msh('ADT^A01', 'C1')}PID|1\r`);
    house.source.plant({ on: 'read', path: 'hl7/short', effect: { kind: 'truncate', atByte: 50 } });
    const { files } = house.source;
    const [path, long] = [...files].find(([name]) => name === 'hl7/long') ?? ['', undefined];
    if (long === undefined) throw new Error('no item');
    // Listed with its first hundred bytes, read in full.
    const size = {
      get: (bytes: Uint8Array, name: string | symbol) => (name === 'byteLength' ? 100 : Reflect.get(bytes, name)),
    };
    let asked = 0;
    Object.defineProperty(long, 'bytes', {
      get: () =>
        asked++ === 0 ? new Proxy(long.bytes, size) : Buffer.from(`${msh('ADT^A01', 'C1')}${'PID|1\r'.repeat(20)}`),
    });
    expect(path).toBe('hl7/long');
    await survey();
    expect((await findings())['SIZE_DIFFERS']).toBe(2);
  });

  test('finds what is needed and held nowhere, and what is pointed at and not there', async () => {
    house.source.put('hl7/order', `${msh('ORM^O01', 'C1', 'AL|AL')}ORC|NW|P1\r`);
    house.source.put('hl7/order2', `${msh('ORM^O01', 'C2', 'AL|AL')}ORC|NW|P2\r`);
    house.source.put('hl7/result', `${msh('ORU^R01', 'C3')}OBR|1|P1\rOBX|1|RP|1||scans/gone.tif^^Image^TIFF\r`);
    house.source.put('hl7/answer', `${msh('ACK', 'C4')}MSA|AA|C1\r`);
    house.source.put(
      'fhir/1.ndjson',
      '{"resourceType":"DocumentReference","content":[{"attachment":{"url":"Binary/b1"}}]}',
    );
    house.source.put('index.csv', 'id,file\n1,scans/a.tif\n2,scans/b.tif\n');
    house.source.put('scans/a.tif', 'II*\0\b\0\0\0\0\0\0\0\0\0');
    house.source.put('scans/a.ann', '<ann/>');
    house.source.put('scans/lost.ann', '<ann/>');
    await survey();
    expect(await findings()).toMatchObject({
      ORDER_WITHOUT_RESULT: 1,
      MESSAGE_UNANSWERED: 1,
      BINARY_MISSING: 1,
      POINTER_BROKEN: 2,
      ANNOTATION_WITHOUT_DOCUMENT: 1,
      HIDDEN_ORDER: 2,
      HIDDEN_RESULT: 1,
      HIDDEN_ANNOTATION: 2,
      HIDDEN_INDEXED_PAGE: 2,
    });
    const contents = await store.read(async (em) => surveyDatasets(em, (await run()).id));
    const hidden = contents.map(({ contents: of }) => of?.hidden).filter((each) => each && 'order' in each);
    expect(hidden).toEqual([
      { order: 2, result: 1, acknowledgement: 1, 'message-awaiting-answer': 2, 'attachment-pointer': 1 },
    ]);
  });

  test('a policy may ask for a sample, or for none: what was not opened says so', async () => {
    for (let at = 0; at < 200; at++) house.source.put(`d${at}`, PDF);
    await survey('survey: { inspect: sample }');
    const { inspected } = await run();
    expect(inspected).toBeGreaterThan(0);
    expect(inspected).toBeLessThan(40);
    await survey('survey: { inspect: none }');
    expect(await run()).toMatchObject({ inspected: 0, listed: 200, state: 'complete' });
    expect((await rows()).every(({ contentKind }) => contentKind === null)).toBe(true);
  });

  test('no finding holds the name of an item', async () => {
    house.source.put('hl7/DOE JANE 1970.hl7', PDF);
    await survey();
    const all = await store.read((em) => pageOfFindings(em, { migrationId: id }, 250, null));
    expect(all).not.toEqual([]);
    expect(JSON.stringify(all)).not.toContain('DOE');
  });
});
