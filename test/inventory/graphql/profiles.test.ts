/** What the fields of datasets hold: asked for, sealed, shown a page at a time; and what is wrong becomes findings. */
import { describe, expect, test } from '@jest/globals';
import { type Clock, systemClock } from '../../../kernel/clock.ts';
import { silentLog } from '../../../runtime/log.ts';
import { openMetrics } from '../../../runtime/metrics.ts';
import { runSubgraphs } from '../../../runtime/subgraph.ts';
import { DIALECTS } from '../../support/databases.ts';
import { at, House, person, problemsWith } from '../house.ts';
import { DECLARE, documents, SURVEY } from '../questions.ts';

const PATIENTS = 'PATIENT_ID,LAST,DOB\n0012,Zzyzxov,1980-02-03\n0012,Qwertzik,02/03/1981\n0034,Xyloph,1900-01-01\n';
const VISITS = 'VISIT_ID,PATIENT_ID,NOTE\n1,0012,caf\u00c3\u00a9\n2,0099,\n3,0034,well\n';
const VALUES = /zzyzxov|qwertzik|xyloph|(?<![0-9a-f])0012(?![0-9a-f])|1980-02-03/i;

const extract = {
  ...{ name: 'extract', tier: 'active-clinical', select: 'csv/**', format: 'delimited' },
  ...{ lineage: 'pass-through', owner: 'him' },
};
const PROFILE = `mutation ($id: ID! $datasetId: ID) {
  profileMigration(input: { migrationId: $id, datasetId: $datasetId }) { userErrors { code } } }`;
const SHOW = `query ($id: ID! $first: Int! $after: String) { migration(id: $id) {
  profiles { totalCount nodes { state current profile items itemsDone records requestedBy problem { code reason }
    dataset { name } kinds { name count }
    fields(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
      nodes { kind path records populated nullRate distinct lengthMax phi patterns { name count } } }
    findings { nodes { code path count at { itemId position } } } } }
  findings(source: PROFILE) { nodes { code severity requirement count itemIds position detail dataset { name } } } } }`;
const ITEMS = `query ($id: ID!) { items(datasetId: $id) { nodes { id path } } }`;

interface Opened {
  readonly house: House;
  readonly id: string;
  readonly datasetIds: readonly string[];
}

type Dialect = (typeof DIALECTS)[number] | undefined;

/** A house in which an extract and documents are declared, closed whatever happens. */
async function within(dialect: Dialect, work: (opened: Opened) => Promise<void>, clock: Clock = systemClock) {
  if (dialect === undefined) throw new Error('there is always SQLite');
  const place = await dialect.enter();
  const house = await House.open(place, clock);
  try {
    house.source.put('csv/patients.csv', PATIENTS);
    house.source.put('csv/visits.csv', VISITS);
    house.source.put('documents/1.txt', 'a note');
    await house.ask(DECLARE, { plan: house.plan([extract, documents]) });
    await house.running.settled();
    const look = 'query { migrations { nodes { id datasets { nodes { id name } } } } }';
    const all = at<{ id: string; name: string }[]>(await house.ask(look), 'nodes.0.datasets.nodes');
    const datasetIds = ['extract', 'documents'].flatMap((name) => all.find((each) => each.name === name)?.id ?? []);
    await work({ house, id: at(await house.ask(look), 'nodes.0.id'), datasetIds });
  } finally {
    await house.close();
    await place.leave();
  }
}

async function done({ house, id }: Opened, mutation: string): Promise<void> {
  expect(at(await house.ask(mutation, { id }), 'userErrors')).toEqual([]);
  await house.running.settled();
}

const show = ({ house, id }: Opened, first = 50, after?: string) => house.ask(SHOW, { id, first, after });
const [SQLITE] = DIALECTS;

describe.each(DIALECTS)('on $name', (dialect) => {
  test('a profile tells every field, is sealed, told to the others, and finds what is wrong and where', () =>
    within(dialect, async (opened) => {
      const { house, datasetIds } = opened;
      await done(opened, SURVEY);
      await done(opened, PROFILE);
      const answer = await show(opened);
      const [profile] = at<Record<string, unknown>[]>(answer, 'profiles.nodes');
      expect(profile).toMatchObject({
        ...{ state: 'COMPLETE', current: true, items: 2, itemsDone: 2, records: 6, problem: null, requestedBy: 'olga' },
        dataset: { name: 'extract' },
        kinds: [{ count: 3 }, { count: 3 }],
      });
      expect(at(answer, 'profiles.totalCount')).toBe(1);
      const fields = at<{ path: string }[]>(profile, 'fields.nodes');
      expect(fields.map(({ path }) => path).sort()).toEqual(
        ['DOB', 'LAST', 'NOTE', 'PATIENT_ID', 'PATIENT_ID', 'VISIT_ID'].sort(),
      );
      expect(fields.find(({ path }) => path === 'NOTE')).toMatchObject({
        populated: 2,
        nullRate: 0.333333,
        lengthMax: 5,
      });
      const [patients, visits] = at<{ id: string }[]>(await house.ask(ITEMS, { id: datasetIds[0] }), 'nodes');
      const where = at<{ code: string; at: unknown }[]>(profile, 'findings.nodes').map((each) => [each.code, each.at]);
      expect(where).toEqual(
        expect.arrayContaining([
          ['KEY_DUPLICATE', [{ itemId: patients?.id, position: 'line 3' }]],
          ['REFERENCE_ORPHAN', [{ itemId: visits?.id, position: 'line 3' }]],
          ['CHARSET_DAMAGED', [{ itemId: visits?.id, position: 'line 2' }]],
        ]),
      );
      expect(at(answer, 'findings.nodes')).toEqual(
        expect.arrayContaining([
          expect.objectContaining({
            ...{ code: 'DATE_FORMAT_MIXED', severity: 'P2', requirement: 'J04', count: 1, position: 'line 3' },
            ...{ itemIds: [patients?.id], dataset: { name: 'extract' }, detail: expect.stringMatching(/: DOB$/) },
          }),
          expect.objectContaining({ code: 'DATE_SENTINEL', count: 1 }),
        ]),
      );
      const sealed = (await house.strongroom.readWhole(String(profile?.['profile']), 1 << 20)).toString();
      const events = (await house.events()).filter(({ type }) => type === 'inventory.dataset-profiled.v1');
      expect(events).toMatchObject([{ payload: { profile: profile?.['profile'], records: 6, fields: 6 } }]);
      for (const event of events) expect(problemsWith(event)).toBeNull();
      const audit = await house.audit();
      expect(audit.filter(({ action }) => action === 'dataset-profiled')).toMatchObject([{ outcome: 'succeeded' }]);
      for (const told of [answer, sealed, events, audit, house.said]) expect(JSON.stringify(told)).not.toMatch(VALUES);
    }));

  test('fields come a page at a time, each once', () =>
    within(dialect, async (opened) => {
      await done(opened, SURVEY);
      await done(opened, PROFILE);
      const paths: string[] = [];
      for (let after: string | undefined, more = true; more; ) {
        const page = at(await show(opened, 4, after), 'profiles.nodes.0.fields');
        expect(at(page, 'totalCount')).toBe(6);
        paths.push(...at<{ kind: string; path: string }[]>(page, 'nodes').map(({ kind, path }) => `${kind} ${path}`));
        after = at(page, 'pageInfo.endCursor');
        more = at(page, 'pageInfo.hasNextPage');
      }
      expect(new Set(paths).size).toBe(6);
      expect(paths).toHaveLength(6);
    }));
});

describe('a profile', () => {
  test('of a survey of the past says so, until it is asked for again', () =>
    within(SQLITE, async (opened) => {
      await done(opened, SURVEY);
      await done(opened, PROFILE);
      opened.house.source.put('csv/more.csv', 'VISIT_ID,PATIENT_ID,NOTE\n4,0034,\n');
      await done(opened, SURVEY);
      expect(at(await show(opened), 'profiles.nodes.0')).toMatchObject({ current: false, records: 6 });
      await done(opened, PROFILE);
      expect(at(await show(opened), 'profiles.nodes.0')).toMatchObject({ current: true, records: 7 });
    }));

  test('is refused before a survey, for no dataset, for what holds no fields, and to whoever is no operator', () =>
    within(SQLITE, async (opened) => {
      const { house, id, datasetIds } = opened;
      const refusals = async (datasetId?: string, migrationId = id) =>
        at(await house.ask(PROFILE, { id: migrationId, datasetId }), 'userErrors');
      expect(await refusals()).toEqual([{ code: 'SURVEY_MISSING' }]);
      expect(await refusals('ds-none')).toEqual([{ code: 'DATASET_UNKNOWN' }]);
      expect(await refusals(undefined, 'mig-none')).toEqual([{ code: 'MIGRATION_UNKNOWN' }]);
      expect(await refusals(datasetIds[1])).toEqual([{ code: 'NOTHING_STRUCTURED' }]);
      for (const actor of [person('rita', 'reviewer'), person('anna', 'approver'), null]) {
        expect(await house.refused(PROFILE, { id }, actor)).toMatch(/FORBIDDEN|UNAUTHENTICATED/);
      }
    }));

  test('goes on past an item that cannot be read, and finds that it could not', () =>
    within(SQLITE, async (opened) => {
      await done(opened, SURVEY);
      opened.house.source.files.delete('csv/patients.csv');
      await done(opened, PROFILE);
      const answer = await show(opened);
      expect(at(answer, 'profiles.nodes.0')).toMatchObject({ state: 'COMPLETE', itemsDone: 2, records: 3 });
      const [gone] = at<{ code: string }[]>(answer, 'findings.nodes').filter(({ code }) => code === 'ITEM_VANISHED');
      expect(gone).toMatchObject({ count: 1, requirement: 'A07', dataset: { name: 'extract' } });
    }));
});

/** Says that much time has passed whenever it is asked, and tells how often it was. */
function hurriedClock(told: (asked: number) => void): Clock {
  let asked = 0;
  const elapsedMs = (): number => {
    asked += 1;
    told(asked);
    return asked * 10_000;
  };
  return { now: () => systemClock.now(), elapsedMs };
}

const ITEMS_MANY = 240;
const RUNS_MAX = 50;

/** What a profile of many small extracts says when its process ends at every so many looks at the clock. */
async function profiledWithStops(stopEvery: number | undefined) {
  let stop: AbortController | undefined;
  const clock = hurriedClock((asked) => {
    if (stopEvery !== undefined && asked % stopEvery === 0) stop?.abort(new Error('the process ends'));
  });
  const progress: number[] = [];
  let answer: unknown;
  const work = async (opened: Opened) => {
    const { house, id, datasetIds } = opened;
    for (let each = 0; each < ITEMS_MANY; each++) {
      const rows = [`${each},0012,x`, `${each % 100},0034,y`];
      house.source.put(`csv/${each}.csv`, ['VISIT_ID,PATIENT_ID,NOTE', ...rows].join('\n'));
    }
    await done(opened, SURVEY);
    await house.running.workers.close();
    await house.ask(PROFILE, { id });
    for (let runs = 0; runs < RUNS_MAX && at(answer, 'state') !== 'COMPLETE'; runs++) {
      stop = new AbortController();
      await runOnce(house, stop.signal);
      answer = at(await show(opened, 250), 'profiles.nodes.0');
      progress.push(at<number>(answer, 'itemsDone'));
      const [datasetId = ''] = datasetIds;
      const job = { kind: 'inventory.profile', key: datasetId, payload: { datasetId } };
      await house.database.store('inventory').transact(async (unit) => unit.enqueue(job));
    }
    stop = undefined;
  };
  await within(SQLITE, work, clock);
  return { answer, progress };
}

/** Runs the jobs of the house until none is left; one that `signal` stops is left as it is. */
async function runOnce(house: House, signal: AbortSignal): Promise<void> {
  const jobs = house.subgraph.jobs.map((job) => ({
    ...job,
    run: async (...[payload, lease]: Parameters<typeof job.run>) => {
      const stopping = { ...lease, signal: AbortSignal.any([lease.signal, signal]) };
      await job.run(payload, stopping).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      });
    },
  }));
  const o = { database: house.database, log: silentLog, metrics: openMetrics() };
  const running = runSubgraphs([{ ...house.subgraph, jobs, close: async () => undefined }], o);
  await running.settled();
  await running.close();
}

describe('a profile whose process ends in its midst', () => {
  test('goes on where it was, and ends with what it would have found in one go', async () => {
    const [stopped, whole] = [await profiledWithStops(60), await profiledWithStops(undefined)];
    expect(whole.progress).toHaveLength(1);
    expect(stopped.progress.length).toBeGreaterThan(3);
    expect(stopped.progress).toEqual([...new Set(stopped.progress)].sort((a, b) => a - b));
    expect(stopped.answer).toMatchObject({ state: 'COMPLETE', records: 2 * ITEMS_MANY + 6 });
    expect(stopped.answer).toEqual(whole.answer);
  });
});
