import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { derivedId } from '../../../kernel/id.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { ANNA, at, House, OLGA, person } from '../house.ts';
import { ITEMS, documents, id, stepsIn } from '../questions.ts';

onEveryDialect('a migration', ({ enter }) => {
  let place: Place;
  let house: House;
  beforeEach(async () => {
    place = await enter();
    house = await House.open(place);
  });
  afterEach(async () => {
    await house.close();
    await place.leave();
  });
  const { look, declare, survey } = stepsIn(() => house);

  test('shows the paths of its items to operators and reviewers only, page by page', async () => {
    for (const name of ['c', 'a', 'b']) house.source.put(`documents/${name}`, name);
    await declare(house.plan([documents]));
    await survey();
    const datasetId = at(await look(), 'datasets.nodes.0.id');
    const page = await house.ask(ITEMS, { datasetId, first: 2 });
    expect(page).toMatchObject({
      totalCount: 3,
      pageInfo: { hasNextPage: true, hasPreviousPage: false },
      nodes: [{ path: 'documents/a', sizeBytes: 1, dataset: { name: 'documents' } }, { path: 'documents/b' }],
    });
    const after = at(page, 'pageInfo.endCursor');
    const next = await house.ask(ITEMS, { datasetId, first: 2, after }, person('ria', 'reviewer'));
    expect(next).toMatchObject({
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
      nodes: [{ path: 'documents/c' }],
    });
    for (const actor of [ANNA, person('eve', 'executive'), person('aud', 'auditor'), null]) {
      const shown = await house.ask(ITEMS, { datasetId, first: 2 }, actor);
      expect(at(shown, 'nodes')).toMatchObject([{ path: null }, { path: null }]);
    }
    expect(await house.refused(ITEMS, { datasetId, first: 251 }, OLGA)).toBe('BAD_USER_INPUT');
  });

  test('is an entity, like its datasets, items and systems: other subgraphs find it by its id', async () => {
    house.source.put('documents/a', 'a');
    await declare(house.plan([documents]));
    await survey();
    const datasetId = derivedId('ds', id, 'documents');
    const representations = [
      { __typename: 'Migration', id },
      { __typename: 'Dataset', id: datasetId },
      { __typename: 'Item', id: derivedId('item', datasetId, 'documents/a') },
      { __typename: 'System', id: derivedId('sys', id, 'target') },
      { __typename: 'Dataset', id: 'nobody' },
    ];
    const query = `query ($representations: [_Any!]! ) { _entities(representations: $representations) {
      ... on Migration { name } ... on Dataset { name } ... on Item { path } ... on System { role }
    } }`;
    expect(await house.ask(query, { representations })).toEqual([
      { name: 'st-anne' },
      { name: 'documents' },
      { path: 'documents/a' },
      { role: 'TARGET' },
      null,
    ]);
  });
});
