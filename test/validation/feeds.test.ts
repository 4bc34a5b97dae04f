/** A feed that fell silent is told by the rules of the policy. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DECLARED, feedsOf, isKept, isKeptEarly, isKeptLate } from '../../proofs/mutations/feeds.ts';
import type { Database } from '../../runtime/database.ts';
import { validationStore } from '../../subgraphs/validation/store/store.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { Rig } from './rig.ts';

onEveryDialect('a feed that fell silent', (dialect) => {
  let place: Place;
  let database: Database;
  beforeAll(async () => {
    place = await dialect.enter();
    database = await place.open([validationStore]);
  });
  afterAll(() => place.leave());

  test.each([
    ['is told by the safe defaults', 'defaults', {}, 1],
    ['is not, where the policy calls only longer times a silence', 'longer', { silentDaysMin: 60 }, 0],
    ['is not, where the policy asks for more usual steps', 'steps', { silentStepsMin: 40 }, 0],
    ['is not, where the policy wants to know a feed for longer', 'known', { feedDaysMin: 200 }, 0],
  ])('%s', async (_, name, silence, told) => {
    const rig = await Rig.open(place, { database, name, policy: { validation: { silence } } });
    await rig.carryAll(...feedsOf(1, isKept));
    await rig.work();
    const codes = (await rig.exceptions()).map(({ code }) => code);
    expect(codes).toEqual(Array.from({ length: told }, () => 'FEED_SILENT'));
  });

  const { from, until } = DECLARED;
  const few = (day: number) => day % 40 === 0;
  test.each([
    ['at its beginning is told where the plan says since when it comes', isKeptLate, { from }, ['after 2026-01-04']],
    ['at its end is told where the plan says until when it comes', isKeptEarly, { until }, ['after 2026-04-29']],
    ['at its ends is not told of, where the plan says nothing of them', isKeptLate, {}, []],
    [
      'for longer than the plan says is told, however few messages there are',
      few,
      { everyDays: 39 },
      ['after 2026-01-05', 'after 2026-02-14', 'after 2026-03-26'],
    ],
    ['for as long as the plan says is none', few, { everyDays: 40, from, until: '2026-06-03' }, []],
  ])('%s', async (name, isSent, says, told) => {
    const rig = await Rig.open(place, { database, name });
    await rig.carryAll(...feedsOf(1, isSent, { messages: 'ADT', ...says }));
    await rig.work();
    const found = (await rig.exceptions()).map(({ code, position }) => `${code} ${position}`);
    expect(found).toHaveLength(told.length);
    for (const after of told) expect(found).toContainEqual(expect.stringContaining(`FEED_SILENT ADT ${after}`.trim()));
  });

  test('altogether is told of a type that the plan declares', async () => {
    const rig = await Rig.open(place, { database, name: 'nothing' });
    await rig.carryAll(...feedsOf(1, () => true, { messages: 'ORU^R01' }));
    await rig.work();
    expect((await rig.exceptions()).map(({ position }) => position)).toEqual(['ORU^R01']);
  });
});
