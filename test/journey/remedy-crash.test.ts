/** A remedy by the command line, killed at any moment: nothing moves twice, nothing closes that was not looked at. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { type Demonstration, prepareDemonstration } from '../../demo/demonstration.ts';
import { systemClock } from '../../kernel/clock.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { people, type People } from '../support/people.ts';
import { databaseSettings, runWaybill, startWaybill } from '../support/waybill.ts';

const KILLS = 4;
const PATIENTS = 60;
const KILL_AFTER_MAX_MS = 2_500;
/** Each kill starts the whole house anew. */
const LONG_MS = 900_000;
const REMEDY = /bat-[0-9a-hjkmnp-tv-z]{26}/;

onEveryDialect('a remedy that is killed', (dialect) => {
  let place: Place;
  let world: Demonstration;
  let who: People;
  beforeAll(async () => {
    place = await dialect.enter();
    const { directory } = place;
    const options = { directory, clock: systemClock, seed: 11, patients: PATIENTS, faults: 'planted' } as const;
    world = await prepareDemonstration(options);
    who = await people(directory);
  });
  afterAll(async () => {
    await world.close();
    await place.leave();
  });

  const common = () => ({ directory: place.directory, environment: databaseSettings(place) });
  const here = () => ['--data', join(place.directory, 'data')];
  const waybill = (...args: readonly string[]) => runWaybill([...args, ...here()], common());
  /** What is open, by category and id. */
  const open = async () => {
    const { stdout } = await waybill('exceptions', 'export', '--as', 'csv', ...who.flags);
    const [head = '', ...rows] = stdout.trim().split('\n');
    const [id, category] = ['id', 'category'].map((name) => head.split(',').indexOf(name));
    return rows
      .map((row) => row.split(','))
      .map((cells) => ({ id: cells[id ?? 0] ?? '', category: cells[category ?? 0] }));
  };

  test(
    'and asked for again ends as if nobody had disturbed it',
    async () => {
      expect((await waybill('migrate', world.plan, '--json', ...who.flags)).code).toBe(2);
      const before = await open();
      const missing = before.find(({ category }) => category === 'missing-record');
      const conditions = () => world.target.store.ids('Condition').length;
      const lost = conditions();
      let asked = missing?.id ?? '';
      for (let kill = 0; kill < KILLS; kill++) {
        const args = ['exceptions', 'remedy', asked, '--reason', 'the store was full', ...who.flags, ...here()];
        const running = startWaybill(args, common());
        const said = await running.said(/bat-|REMEDY_|BATCH_|STORE_/).catch(() => '');
        await new Promise((resolve) => setTimeout(resolve, randomInt(0, KILL_AFTER_MAX_MS)));
        running.process.kill('SIGKILL');
        const ended = await running.ended;
        asked = REMEDY.exec(said + ended.stdout + ended.stderr)?.[0] ?? asked;
      }
      const last = await waybill('exceptions', 'remedy', asked, '--reason', 'the store was full', ...who.flags);
      expect(`${last.code} ${last.stdout}${last.stderr}`).toMatch(/^0 .*"state":"ENDED".*"left":0/);
      expect(conditions()).toBe(lost + 1);
      const after = await open();
      const gone = before.filter(({ id }) => !after.some((each) => each.id === id));
      // The chart that lacked the record is whole again.
      expect(gone.map(({ category }) => category).toSorted()).toEqual(['incomplete-chart', 'missing-record']);
      expect(after).toHaveLength(before.length - gone.length);
    },
    LONG_MS,
  );
});
