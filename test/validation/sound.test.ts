/** A practice without a fault: everything is verified, and nothing is invented. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { practice } from './practice.ts';
import { Rig } from './rig.ts';

onEveryDialect('a migration without a fault', (dialect) => {
  let place: Place;
  let rig: Rig;
  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
  });
  afterEach(() => place.leave());

  test('has no exception, and every item is verified', async () => {
    const datasets = practice();
    await rig.carryAll(...datasets);
    await rig.work();
    expect(await rig.found(datasets)).toEqual([]);
    const [event] = await rig.events('validation.migration-reconciled.v1');
    const items = datasets.map(({ name, files }) => [rig.datasetId(name), Object.keys(files).length] as const);
    expect(event).toMatchObject({
      migrationId: rig.migrationId,
      exceptionsOpen: 0,
      datasets: items
        .toSorted(([left], [right]) => (left < right ? -1 : 1))
        .map(([datasetId, eligible]) => ({
          datasetId,
          dispositions: { eligible, verified: eligible, excluded: 0, quarantined: 0, failed: 0 },
        })),
    });
  });
});
