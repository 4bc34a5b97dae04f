/** A FHIR service that exports: everything it promises once, and nothing taken for whole that is not. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Json } from '../../../kernel/canonical-json.ts';
import { systemClock } from '../../../kernel/clock.ts';
import connector from '../../../plugins/https-api/index.ts';
import type { ConnectorContext, Item, Source, Spool } from '../../../plugins/sdk/index.ts';
import { never } from '../host/house.ts';
import { DyingSpool, MemorySpool } from '../host/memory-spool.ts';
import { enterFhirHouse, type FhirHouse } from './house.ts';

const TYPES = ['Patient', 'Observation'];
const PATIENTS = 30;
const OBSERVATIONS = 95;
/** More than a piece of the spool holds, all of them together. */
const LONG_TEXT = 'x'.repeat(60_000);
const STEPS_MAX = 100;

let house: FhirHouse;
beforeAll(async () => {
  house = await enterFhirHouse();
  const { store } = house.server;
  for (let n = 0; n < PATIENTS; n++) {
    store.create({ resourceType: 'Patient', meta: { lastUpdated: '2026-01-02T03:04:05+02:00' }, n });
  }
  for (let n = 0; n < OBSERVATIONS; n++) {
    const subject = { reference: `Patient/${1 + (n % PATIENTS)}` };
    store.create({ resourceType: 'Observation', subject, note: [{ text: n % 4 === 0 ? LONG_TEXT : 'short' }] });
  }
  const member = [{ entity: { reference: 'Patient/1' } }, { entity: { reference: 'Patient/2' } }];
  store.create({ resourceType: 'Group', member });
});
afterEach(() => {
  house.server.exports.behave();
  house.front.mend();
});
afterAll(() => house.leave());

function manners(changed: Partial<FhirHouse['server']['exports']['manners']>): void {
  Object.assign(house.server.exports.manners, changed);
}

function source(bulk: { readonly [name: string]: Json } = {}): Promise<Source> {
  return house.host.source(house.endpoint({ types: TYPES, export: { level: 'system', ...bulk } }), never());
}

async function listed(from: Source): Promise<readonly Item[]> {
  const items: Item[] = [];
  for await (const item of from.list(never())) items.push(item);
  return items;
}

async function text(from: Source, path: string, offset = 0): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of from.read(path, offset, never())) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

const ALL = PATIENTS + OBSERVATIONS;
const jobs = () => house.server.exports.jobs;
const lastJob = () => jobs().at(-1);
const askedFor = (part: string) => house.front.asked.filter(({ path }) => path.includes(part));

describe('a service that exports', () => {
  test('every resource is an item once, reads as it was exported, and the job is taken away', async () => {
    manners({ perFile: 40, polls: 3 });
    const opened = await source();
    const items = await listed(opened);
    const { store } = house.server;
    const expected = TYPES.flatMap((type) => store.ids(type).map((id) => `${type}/${id}.json`));
    expect(items.map(({ path }) => path).sort()).toEqual(expected.sort());
    expect(lastJob()).toMatchObject({ polls: 4, isDeleted: true, level: '' });
    expect(Object.fromEntries(lastJob()?.query ?? [])).toEqual({
      _outputFormat: 'application/fhir+ndjson',
      _type: TYPES.join(','),
    });
    for (const { path, sizeBytes } of [items[0], items.at(-1), items[50]] as readonly Item[]) {
      const [type = '', id = ''] = path.replace('.json', '').split('/');
      expect(JSON.parse(await text(opened, path))).toEqual(store.get(type, id));
      expect(Buffer.byteLength(await text(opened, path))).toBe(sizeBytes);
      expect(await text(opened, path, 9)).toBe((await text(opened, path)).slice(9));
    }
    expect(items.find(({ path }) => path.startsWith('Patient/'))?.modifiedAt).toBe('2026-01-02T01:04:05.000Z');
    // Only lists and files are asked for; no resource is read a second time.
    expect(askedFor('/fhir/').every(({ path }) => path.includes('$export'))).toBe(true);
  });

  test('what was exported is read by another process too, and a newer export takes its place', async () => {
    const first = await source();
    const [item] = await listed(first);
    const second = await source();
    expect(await text(second, item?.path ?? '')).toBe(await text(first, item?.path ?? ''));
    await listed(second);
    expect(await text(first, item?.path ?? '')).toBe(await text(second, item?.path ?? ''));
  });

  test('the patients of a group are exported, with what is theirs', async () => {
    const [group = ''] = house.server.store.ids('Group');
    const paths = (await listed(await source({ level: 'group', group }))).map(({ path }) => path);
    expect(paths.filter((path) => path.startsWith('Patient/'))).toEqual(['Patient/1.json', 'Patient/2.json']);
    expect(paths.filter((path) => path.startsWith('Observation/'))).toHaveLength(8);
    await expect(listed(await source({ level: 'group', group: 'nobody' }))).rejects.toMatchObject({
      code: 'ITEM_NOT_FOUND',
    });
  });

  test('a time and filters are handed on as the guide has them', async () => {
    await listed(await source({ level: 'patient', since: '2026-01-01T00:00:00Z', typeFilter: ['Observation?a=b,c'] }));
    const query = Object.fromEntries(lastJob()?.query ?? []);
    expect(lastJob()?.level).toBe('Patient');
    expect(query).toMatchObject({ _since: '2026-01-01T00:00:00Z', _typeFilter: 'Observation?a=b,c' });
  });

  test('being told to ask less often is obeyed, with the wait that is asked for', async () => {
    manners({ throttled: 2, polls: 1, retryAfterSeconds: 1 });
    expect(await listed(await source())).toHaveLength(ALL);
    expect(lastJob()?.polls).toBe(4);
  });

  test.each([
    ['knows ranges', true],
    ['knows none', false],
  ])('a file that is cut is read on where it broke, from a service that %s', async (_what, knowsRanges) => {
    manners({ knowsRanges });
    const isFile = ({ path }: { path: string }) => path.startsWith('/files/') && path.includes('Observation');
    house.front.plant(isFile, { kind: 'truncate', atByte: 200_000 });
    const before = askedFor('/files/').length;
    expect(await listed(await source())).toHaveLength(ALL);
    const ranges = askedFor('/files/')
      .slice(before)
      .map(({ headers }) => headers.range);
    expect(ranges.filter((each) => each !== undefined)).toEqual([expect.stringMatching(/^bytes=1\d{5}-$/)]);
  });

  test('files that need no token are asked for without it, and elsewhere only where the settings say so', async () => {
    const elsewhere = await house.another({});
    const { origin } = new URL(elsewhere.baseUrl);
    manners({ requiresAccessToken: false, fileOrigin: origin });
    expect(await listed(await source({ fileOrigins: [origin] }))).toHaveLength(ALL);
    expect(elsewhere.asked.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
    await expect(listed(await source())).rejects.toMatchObject({ code: 'PEER_NOT_TRUSTED' });
    // With a token it never leaves the service, whatever the settings name.
    manners({ requiresAccessToken: true, fileOrigin: origin });
    const refused = listed(await source({ fileOrigins: [origin] }));
    await expect(refused).rejects.toMatchObject({ code: 'PEER_NOT_TRUSTED' });
    await elsewhere.close();
  });

  test('what could not be exported, and what was deleted, are items that cannot be read and say why', async () => {
    const error = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'not-found' }] };
    const remark = { resourceType: 'OperationOutcome', issue: [{ severity: 'information', code: 'informational' }] };
    manners({ errors: [error, remark, error], deleted: ['Patient/7', 'Patient/8', 'Patient/9'] });
    const opened = await source();
    const extra = (await listed(opened)).slice(ALL);
    expect(extra.map(({ path }) => path)).toEqual(['export-error/1', 'export-deleted/2']);
    const told = (message: string) => ({ code: 'ITEM_NOT_FOUND', message: expect.stringContaining(message) });
    await expect(text(opened, 'export-error/1')).rejects.toMatchObject(told('2 errors of the export (not-found)'));
    await expect(text(await source(), 'export-deleted/2')).rejects.toMatchObject(told('deleted 3 resources'));
  });
});

describe('an export is never taken for whole when it is not', () => {
  test.each([
    ['fewer lines than the manifest counts', { linesLost: 1 }, 'not the 30 promised'],
    ['more lines than the manifest counts', { countOff: -1 }, 'not the 29 promised'],
    ['a last line that is cut', { bytesLost: 5 }, 'no whole JSON'],
  ])('%s', async (_what, changed, words) => {
    manners(changed);
    await expect(listed(await source())).rejects.toMatchObject({
      code: 'ITEM_CHANGED',
      message: expect.stringContaining(words),
    });
    expect(lastJob()?.isDeleted).toBe(true);
    house.server.exports.behave();
    expect(await listed(await source())).toHaveLength(ALL);
  });

  test('a file that is made anew while it is read', async () => {
    const isFile = ({ path }: { path: string }) => path.startsWith('/files/');
    house.front.plant(isFile, { kind: 'truncate', atByte: 2_000 });
    // The second question meets a file with one line less.
    house.front.plant(
      ({ headers }) => {
        if (headers.range !== undefined) manners({ linesLost: 1 });
        return false;
      },
      { kind: 'silence' },
    );
    await expect(listed(await source())).rejects.toMatchObject({
      code: 'ITEM_CHANGED',
      message: expect.stringContaining('made anew'),
    });
  });

  test('a resource that is there twice', async () => {
    const twice = (body: string) => `${body.split('\n')[0]}\n${body}`.split('\n').slice(0, -2).join('\n');
    house.front.plant(({ path }) => path.startsWith('/files/'), { kind: 'rewrite', rewrite: twice });
    await expect(listed(await source())).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('Patient/1 twice'),
    });
  });

  test('a manifest in pages, or none at all', async () => {
    const isStatus = ({ path, method }: { path: string; method: string }) =>
      path.startsWith('/jobs/') && method === 'GET';
    manners({ polls: 0 });
    const paged = (body: string) => JSON.stringify({ ...JSON.parse(body), link: [{ relation: 'next', url: 'x' }] });
    house.front.plant(isStatus, { kind: 'rewrite', rewrite: paged });
    await expect(listed(await source())).rejects.toMatchObject({ message: expect.stringContaining('further pages') });
    house.front.plant(isStatus, { kind: 'rewrite', rewrite: () => '{"output":[{"type":"Patient"}]}' });
    await expect(listed(await source())).rejects.toMatchObject({ message: expect.stringContaining('no') });
  });

  test('a job that fails, and one that is forgotten', async () => {
    manners({ failsWith: 500 });
    await expect(listed(await source())).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('gave the export up (500 (exception))'),
    });
    house.server.exports.behave();
    manners({ forgets: true });
    await expect(listed(await source())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('an export that is interrupted', () => {
  const endpoint = () => house.endpoint({ types: TYPES, export: { level: 'system' } });
  async function open(spool: Spool): Promise<Source> {
    const context: ConnectorContext = {
      spool,
      secret: (name) => (name === 'token' ? house.server.token : ''),
      log: () => {},
      now: () => systemClock.now(),
    };
    const config = await connector.config['~standard'].validate(endpoint().config);
    if (config.issues !== undefined || connector.openSource === undefined) throw new Error('the settings are wrong');
    return connector.openSource(config.value, context, never());
  }

  test.each([
    ['and its last step was kept', true],
    ['and its last step was lost', false],
  ])('goes on with the same job, killed after each of its steps, %s', async (_what, isLastKept) => {
    manners({ polls: 0, perFile: 50 });
    let steps = 1;
    for (; steps < STEPS_MAX; steps++) {
      const disk = new MemorySpool();
      const jobsBefore = jobs().length;
      const dying = await open(new DyingSpool(disk, steps, isLastKept));
      const died = await listed(dying).then(
        () => false,
        () => true,
      );
      await dying.close();
      const again = await open(disk);
      const paths = (await listed(again)).map(({ path }) => path);
      expect(new Set(paths).size).toBe(ALL);
      expect(paths).toHaveLength(ALL);
      expect(await text(again, 'Patient/1.json')).toContain('"id":"1"');
      await again.close();
      // A job is begun again only where its address was not kept, or where it was done with.
      expect(jobs().length - jobsBefore).toBeLessThanOrEqual(2);
      expect(lastJob()?.isDeleted).toBe(true);
      if (!died) break;
    }
    expect(steps).toBeGreaterThan(8);
    expect(steps).toBeLessThan(STEPS_MAX);
  });

  test('in the middle of a file, it asks for the rest of that file only', async () => {
    manners({ polls: 0 });
    const disk = new MemorySpool();
    // The job, its manifest, and the first piece of many are kept.
    const dying = await open(new DyingSpool(disk, 8, true));
    await expect(listed(dying)).rejects.toThrow('killed');
    await dying.close();
    const before = askedFor('/files/').length;
    const again = await open(disk);
    expect(await listed(again)).toHaveLength(ALL);
    await again.close();
    const asked = askedFor('/files/').slice(before);
    expect(asked.map(({ path }) => path)).toEqual([expect.stringContaining('Observation-0')]);
    expect(asked[0]?.headers.range).toMatch(/^bytes=\d{6,}-$/);
  });
});
