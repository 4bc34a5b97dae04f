/** Extracts of rows are held against the profile of their dataset: what was not there when it was looked at is told. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Json } from '../../kernel/canonical-json.ts';
import { DatasetProfiler } from '../../records/profile/profiler.ts';
import type { Database } from '../../runtime/database.ts';
import { sealJson } from '../../runtime/strongroom.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { Batch } from '../../subgraphs/validation/store/tables.ts';
import { sealedJson } from '../../subgraphs/validation/work/house.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import type { DatasetGiven } from './carrier.ts';
import { NOON, Rig } from './rig.ts';

const HEADER = 'ID,NAME,BORN,WEIGHT';
const ROWS = Array.from({ length: 40 }, (_, at) => [
  `${1000 + at}`,
  `NAME${at}`,
  `1970-01-${10 + (at % 19)}`,
  `${60 + at}.5`,
]);
const csv = (rows: readonly (readonly string[])[], header = HEADER): string =>
  `${[header, ...rows.map((row) => row.join(','))].join('\n')}\n`;
const extract = (second: string): DatasetGiven => ({
  ...{ name: 'weights', format: 'delimited', select: 'csv/**', owner: 'him' },
  files: { 'csv/1.csv': csv(ROWS.slice(0, 20)), 'csv/2.csv': second },
});
const SOUND = csv(ROWS.slice(20));
/** The second extract with one cell of its fifth row changed. */
const changed = (column: number, cell: string): string =>
  csv(ROWS.slice(20).map((row, at) => (at === 4 ? row.with(column, cell) : row)));

/** What inventory says when it has profiled the dataset as it is given here. */
async function tellProfile(rig: Rig, { name, files }: DatasetGiven): Promise<void> {
  const profiler = new DatasetProfiler({ format: 'delimited', today: NOON });
  for (const [path, bytes] of Object.entries(files)) await profiler.add(path, Buffer.from(bytes));
  const profile = await sealJson(rig.house.strongroom, (await profiler.profile()) as unknown as Json);
  const ids = { migrationId: rig.migrationId, datasetId: rig.datasetId(name) };
  const counts = { items: profiler.items, records: 0, fields: 0, findings: 0 };
  await rig.hear('inventory.dataset-profiled.v1', { ...ids, survey: profile, profile, ...counts });
}

onEveryDialect('an extract beside its profile', (dialect) => {
  let place: Place;
  let database: Database;
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore]);
  });
  afterAll(() => place.leave());

  async function run(name: string, given: DatasetGiven, isProfiled = true): Promise<Rig> {
    const rig = await Rig.open(place, { database, name });
    await rig.declare(given);
    if (isProfiled) await tellProfile(rig, extract(SOUND));
    await rig.carry(given);
    await rig.moved(given);
    await rig.work();
    return rig;
  }
  const told = async (rig: Rig) =>
    (await rig.exceptions()).map(({ category, code, sourceId, field, note }) =>
      [category, code, sourceId, field ?? '-', note].join(' | '),
    );
  const profileOf = async (rig: Rig) => {
    const { report } = await rig.house.store.read((em) => em.findOneOrFail(Batch, { id: rig.batchId('weights') }));
    const { inputs } = (await sealedJson(rig.house, report ?? '')) as { inputs: { profile?: string } };
    return inputs.profile;
  };

  test('that is as it was looked at raises nothing, and the report names the profile', async () => {
    const rig = await run('sound', extract(SOUND));
    expect(await told(rig)).toEqual([]);
    expect(await profileOf(rig)).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    [
      'a column gone',
      csv(
        ROWS.slice(20).map((row) => row.slice(0, 3)),
        'ID,NAME,BORN',
      ),
      'TABLE_NOT_PROFILED',
      '-',
      /not there are WEIGHT/,
    ],
    [
      'a column more',
      csv(
        ROWS.slice(20).map((row) => [...row, 'x']),
        `${HEADER},UNIT`,
      ),
      'TABLE_NOT_PROFILED',
      '-',
      /new are UNIT/,
    ],
    [
      'columns in another order',
      csv(
        ROWS.slice(20).map(([a = '', b = '', c = '', d = '']) => [a, b, d, c]),
        'ID,NAME,WEIGHT,BORN',
      ),
      'TABLE_NOT_PROFILED',
      '-',
      /no table with these columns/,
    ],
    ['an empty cell where none was', changed(2, ''), 'EMPTY_NOT_PROFILED', 'BORN', /1 rows are empty where none was/],
    ['a value longer than any', changed(1, 'N'.repeat(60)), 'LENGTH_NOT_PROFILED', 'NAME', /60 characters/],
    ['a date written another way', changed(2, '01/15/1970'), 'DATE_NOT_PROFILED', 'BORN', /1 dates are written/],
    ['words where all were numbers', changed(3, 'n.a.'), 'NUMBER_EXPECTED', 'WEIGHT', /1 values are no numbers/],
  ])('with %s says so, with the column and never with a value', async (name, second, code, field, note) => {
    const rig = await run(name, extract(second));
    const all = await told(rig);
    const own = all.filter((each) => each.includes(code));
    expect(own).toEqual([expect.stringMatching(`^schema-invalid \\| ${code} \\| csv/2.csv \\| ${field} \\| `)]);
    expect(own[0]).toMatch(note);
    expect(all.join()).not.toMatch(/NNNN|n\.a\.|01\/15/);
    expect(await rig.unverified([extract(second)])).toEqual(['weights csv/2.csv']);
  });

  test('of which nobody made a profile is not judged by one, and the report names none', async () => {
    const rig = await run('unprofiled', extract(changed(3, 'n.a.')), false);
    expect(await told(rig)).toEqual([]);
    expect(await profileOf(rig)).toBeUndefined();
  });
});
