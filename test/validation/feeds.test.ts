/** A feed that fell silent is told by the rules of the policy. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { feedsOf, isKept } from '../../proofs/mutations/feeds.ts';
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
});
