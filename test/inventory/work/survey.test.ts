import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { derivedId } from '../../../kernel/id.ts';
import { readLines } from '../../../runtime/strongroom.ts';
import { runSubgraphs } from '../../../runtime/subgraph.ts';
import { silentLog } from '../../../runtime/log.ts';
import { openMetrics } from '../../../runtime/metrics.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { House } from '../house.ts';

const id = derivedId('mig', 'st-anne');
const datasetId = derivedId('ds', id, 'all');
const all = {
  name: 'all',
  tier: 'compliance-archive',
  select: '**',
  format: 'bytes',
  lineage: 'pass-through',
  owner: 'him',
};
const DECLARE = `mutation ($plan: JSON! ) { declareMigration(input: { plan: $plan }) { userErrors { code } } }`;
const SURVEY = `mutation { surveyMigration(input: { migrationId: "${id}" }) { userErrors { code } } }`;
const LOOK = `{ dataset(id: "${datasetId}") { items survey } }`;
/** More than one chunk and more than one page. */
const ITEMS = 1_203;

onEveryDialect('a survey', ({ enter }) => {
  let place: Place;
  let house: House;
  beforeEach(async () => {
    place = await enter();
    house = await House.open(place);
    for (let at = 0; at < ITEMS; at++) house.source.put(`folder-${at % 7}/item ${at}`, `${at}`);
    await house.ask(DECLARE, { plan: house.plan([all]) });
    await house.running.settled();
  });
  afterEach(async () => {
    await house.close();
    await place.leave();
  });

  const sealedPaths = async (): Promise<readonly string[]> => {
    const { survey } = (await house.ask(LOOK)) as { readonly survey: string };
    const paths: string[] = [];
    for await (const { path } of readLines<{ readonly path: string }>(house.strongroom, survey)) paths.push(path);
    return paths;
  };
  const expected = () =>
    [...house.source.files.keys()].toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

  test('lists every item once, in order, over many chunks and pages', async () => {
    await house.ask(SURVEY);
    await house.running.settled();
    expect(await sealedPaths()).toEqual(expected());
    expect(await house.ask(LOOK)).toMatchObject({ items: ITEMS });
  });

  test('lists an item once that the source names twice', async () => {
    house.source.plant({ on: 'list', path: 'folder-0/item 0', effect: { kind: 'duplicate' } });
    await house.ask(SURVEY);
    await house.running.settled();
    expect(await sealedPaths()).toEqual(expected());
  });

  test('that is cut off goes on by itself, and knows nothing of what is gone by then', async () => {
    house.source.listsInOrder = false;
    const { files } = house.source;
    const [gone = ''] = files.keys();
    house.source.put('last', 'x');
    // Two chunks are saved when the process stops in the middle of the list.
    const stopped = new Promise<void>((resolve) => {
      const get = files.get.bind(files);
      const interrupted = (path: string) => {
        if (path === 'last') resolve(house.running.close());
        return get(path);
      };
      Object.defineProperty(files, 'get', { configurable: true, value: interrupted });
    });
    await house.ask(SURVEY);
    await stopped;
    expect(await house.ask(LOOK)).toEqual({ items: 0, survey: null });
    Reflect.deleteProperty(files, 'get');
    files.delete(gone);
    files.delete('last');
    house.source.put('new', 'x');
    const { database } = house;
    const again = runSubgraphs([house.subgraph], { database, log: silentLog, metrics: openMetrics() });
    await again.settled();
    await again.close();
    expect(await sealedPaths()).toEqual(expected());
    expect(await house.ask(LOOK)).toMatchObject({ items: ITEMS });
  });
});
