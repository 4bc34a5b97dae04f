import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Json } from '../../../kernel/canonical-json.ts';
import { derivedId } from '../../../kernel/id.ts';
import { readLines } from '../../../runtime/strongroom.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { ANNA, at, House, OLGA, person, problemsWith } from '../house.ts';

const DECLARE = `mutation ($plan: JSON!, $policy: String) {
  declareMigration(input: { plan: $plan, policy: $policy }) {
    migration { id name plan policy declaredBy launched }
    userErrors { code message field remedy }
  }
}`;
const SURVEY = `mutation ($id: ID!) {
  surveyMigration(input: { migrationId: $id }) { migration { survey { state } } userErrors { code remedy } }
}`;
const LOOK = `query ($id: ID!) {
  migration(id: $id) {
    survey { state items bytes unclaimedItems unclaimedBytes failure { code reason } }
    readiness { ready state lines { requirement line ok code reason } }
    systems { name role endpoints { connector negotiated problem { code } } }
    datasets { totalCount pageInfo { hasNextPage } nodes {
      id name tier format select owner survey items excludedItems bytes target { name }
      lineage { reference digest state approvedBy } exclusions { id glob reason approvedBy }
    } }
  }
}`;
const ITEMS = `query ($datasetId: ID!, $first: Int!, $after: String) {
  items(datasetId: $datasetId, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage hasPreviousPage endCursor } nodes { id path sizeBytes excluded dataset { name } }
  }
}`;

const documents = {
  name: 'documents',
  tier: 'historical-searchable',
  select: 'documents/**',
  format: 'document',
  lineage: 'pass-through',
  owner: 'him',
  exclusions: [{ glob: '**/*.tmp', reason: 'left over by the scanner', approvedBy: 'dr. paper' }],
};
const rest = {
  name: 'rest',
  tier: 'active-clinical',
  select: '**/*.hl7',
  format: 'hl7v2',
  lineage: 'pass-through',
  owner: 'lab',
};
const id = derivedId('mig', 'st-anne');
const strange = 'documents/“quoted” name\nwith a line, {braces} *and* a ..dot';

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

  const declare = async (plan: Json, policy?: string) => {
    const answer = await house.ask(DECLARE, { plan, policy });
    await house.running.settled();
    return answer;
  };
  const survey = async () => {
    await house.ask(SURVEY, { id });
    await house.running.settled();
  };
  const look = () => house.ask(LOOK, { id });
  const lines = async () => at<readonly { ok: boolean; code: string }[]>(await look(), 'readiness.lines');

  test('is declared, surveyed and found ready, and says each of it once as an event that fits its schema', async () => {
    house.source.put('documents/b.pdf', 'bb');
    house.source.put('documents/deep/a.pdf', 'a');
    house.source.put('documents/scan.tmp', 'tmp');
    house.source.put(strange, '');
    house.source.put('hl7/1.hl7', 'MSH');
    house.source.put('elsewhere/x', 'xyz');
    const declared = await declare(house.plan([documents, rest]));
    expect(declared).toMatchObject({ userErrors: [], migration: { id, name: 'st-anne', declaredBy: 'olga' } });
    expect(at(await look(), 'readiness')).toMatchObject({ ready: false, state: 'BLOCKED' });
    await survey();
    expect(await look()).toMatchObject({
      survey: { state: 'COMPLETE', items: 5, bytes: 9, unclaimedItems: 1, unclaimedBytes: 3, failure: null },
      readiness: { ready: true, state: 'READY' },
      systems: [
        {
          name: 'source',
          role: 'SOURCE',
          endpoints: [{ connector: 'memory', negotiated: { items: '6' }, problem: null }],
        },
        { name: 'target', role: 'TARGET' },
      ],
      datasets: {
        totalCount: 2,
        nodes: [
          {
            name: 'documents',
            items: 4,
            excludedItems: 1,
            bytes: 6,
            select: 'documents/**',
            target: { name: 'target' },
          },
          {
            name: 'rest',
            items: 1,
            excludedItems: 0,
            lineage: { reference: 'pass-through', digest: null, state: 'NOT_REQUIRED' },
          },
        ],
      },
    });
    const events = await house.events();
    expect(events.filter(({ type }) => type === 'inventory.migration-declared.v1')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'inventory.dataset-surveyed.v1')).toHaveLength(2);
    expect(events.filter(({ type }) => type === 'inventory.migration-surveyed.v1')).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({
      type: 'inventory.readiness-changed.v1',
      payload: { ready: true, blocking: [] },
    });
    for (const event of events) expect(problemsWith(event)).toBeNull();
  });

  test('has a sealed survey for each dataset: every item once, sorted by the bytes of its path', async () => {
    const paths = [
      'documents/Z',
      'documents/a',
      'documents/é',
      'documents/\u{10000}',
      'documents/\uFFFD',
      'documents/a.tmp',
      strange,
    ];
    for (const path of paths) house.source.put(path, path);
    await declare(house.plan([documents]));
    await survey();
    const digest = at(await look(), 'datasets.nodes.0.survey');
    const sealed: { path: string; itemId: string; excluded?: string; sizeBytes: number }[] = [];
    for await (const line of readLines<(typeof sealed)[number]>(house.strongroom, digest)) sealed.push(line);
    const expected = paths.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    expect(sealed.map(({ path }) => path)).toEqual(expected);
    for (const { path, itemId, sizeBytes, excluded } of sealed) {
      expect(itemId).toBe(derivedId('item', derivedId('ds', id, 'documents'), path));
      expect(sizeBytes).toBe(Buffer.byteLength(path));
      expect(excluded).toBe(path.endsWith('.tmp') ? 'left over by the scanner' : undefined);
    }
  });

  test('declared again is the same migration; with another content it takes the place of one not launched', async () => {
    house.source.put('documents/a', 'a');
    const first = await declare(house.plan([documents]));
    expect(await declare(house.plan([documents]))).toEqual(first);
    await survey();
    await declare(house.plan([rest]), 'name: other');
    expect(await look()).toMatchObject({
      survey: { state: 'NONE' },
      datasets: { nodes: [{ name: 'rest', items: 0 }] },
    });
    const store = house.database.store('inventory');
    await store.transact(async (unit) => {
      const payload = { migrationId: id };
      const occurredAt = '2026-01-01T00:00:00Z';
      unit.emit({ id: 'e', type: 'transfer.manifest-sealed.v1', subject: id, actor: 'x', occurredAt, payload });
    });
    await house.running.settled();
    expect(await declare(house.plan([documents]))).toMatchObject({
      migration: null,
      userErrors: [{ code: 'MIGRATION_LAUNCHED', remedy: expect.stringContaining('another name') }],
    });
    expect(at(await house.ask(SURVEY, { id }), 'userErrors.0')).toMatchObject({
      code: 'MIGRATION_LAUNCHED',
    });
  });

  test('surveyed again knows what is gone, what is new and what has changed', async () => {
    house.source.put('documents/gone', '1');
    house.source.put('documents/kept', '1');
    await declare(house.plan([documents]));
    await survey();
    const before = at(await look(), 'datasets.nodes.0.survey');
    house.source.files.delete('documents/gone');
    house.source.put('documents/kept', '22');
    house.source.put('documents/new', '333');
    await survey();
    const after = await look();
    expect(after).toMatchObject({ survey: { items: 2, bytes: 5 }, readiness: { state: 'READY' } });
    expect(at(after, 'datasets.nodes.0.survey')).not.toBe(before);
    const datasetId = at(after, 'datasets.nodes.0.id');
    expect(await house.ask(ITEMS, { datasetId, first: 10 })).toMatchObject({
      nodes: [{ path: 'documents/kept' }, { path: 'documents/new' }],
    });
  });

  test('whose source cannot be listed says why, with the code, and can be surveyed again', async () => {
    house.source.put('documents/SMITH^JOHN.pdf', 'x');
    await declare(house.plan([documents]));
    house.source.plant({ on: 'list', effect: { kind: 'fail', code: 'PATH_REFUSED' } });
    await survey();
    const failed = await look();
    expect(failed).toMatchObject({
      survey: { state: 'FAILED', failure: { code: 'PATH_REFUSED' } },
      readiness: { ready: false, state: 'BLOCKED' },
    });
    house.source.faults.clear();
    await survey();
    expect(await look()).toMatchObject({ survey: { state: 'COMPLETE', failure: null }, readiness: { ready: true } });
    const told = JSON.stringify([failed, await house.events(), await house.audit(), house.said]);
    expect(told).not.toContain('SMITH');
  });

  test('whose target is not to be trusted is not ready, and the reason carries the code', async () => {
    house.target.plant({ on: 'check', effect: { kind: 'fail', code: 'PEER_NOT_TRUSTED' } });
    await declare(house.plan([documents]));
    await survey();
    expect((await lines()).filter(({ ok }) => !ok)).toEqual([
      expect.objectContaining({ requirement: 'D25', code: 'PEER_NOT_TRUSTED', reason: expect.stringMatching(/./) }),
    ]);
    expect((await house.events()).at(-1)?.payload).toMatchObject({
      ready: false,
      blocking: [{ requirement: 'D25', reason: expect.stringContaining('PEER_NOT_TRUSTED') }],
    });
  });

  test('with a connector nobody has installed is not ready, and says which there are', async () => {
    const plan = house.plan([documents], { target: { connector: 'carrier-pigeon', config: {} } });
    await declare(plan);
    const line = (await lines()).find(({ code }) => code === 'CONNECTOR_UNKNOWN');
    expect(line).toMatchObject({ requirement: 'D24', reason: expect.stringContaining('memory') });
  });

  test('that is no plan is refused by path, and the refusal is on record', async () => {
    const answer = await declare(house.plan([{ ...documents, tier: 'urgent' }]), 'approval: {lunch: required}');
    expect(answer).toMatchObject({
      migration: null,
      userErrors: [
        {
          code: 'PLAN_VALUE_NOT_ALLOWED',
          field: ['datasets[0]', 'tier'],
          message: expect.stringContaining('active-clinical'),
        },
        { code: 'POLICY_FIELD_UNKNOWN', field: ['approval', 'lunch'] },
      ],
    });
    expect(await house.audit()).toEqual([
      expect.objectContaining({
        action: 'migration-declared',
        outcome: 'refused',
        subject: id,
        actor: 'olga',
        reason: 'PLAN_VALUE_NOT_ALLOWED POLICY_FIELD_UNKNOWN',
      }),
    ]);
  });

  test('moves by a lineage map only when another person than its proposer approved that very map', async () => {
    await declare(house.plan([documents]), 'approval: { lineage: required }');
    await survey();
    const datasetId = at(await look(), 'datasets.nodes.0.id');
    const propose = `mutation ($datasetId: ID!) { proposeLineage(input: { datasetId: $datasetId }) { userErrors { code } dataset { lineage { state proposedBy } } } }`;
    const approve = `mutation ($datasetId: ID!, $lineage: Sha256) { approveLineage(input: { datasetId: $datasetId, lineage: $lineage }) { userErrors { code } dataset { lineage { state approvedBy } } } }`;
    const both = person('both', 'operator', 'approver');
    expect(at(await house.ask(approve, { datasetId }, ANNA), 'userErrors')).toEqual([{ code: 'NOT_PROPOSED' }]);
    await house.ask(propose, { datasetId }, both);
    expect(at(await house.ask(approve, { datasetId }, both), 'userErrors')).toEqual([{ code: 'MAKER_IS_CHECKER' }]);
    const other = { datasetId, lineage: 'a'.repeat(64) };
    expect(at(await house.ask(approve, other, ANNA), 'userErrors')).toEqual([{ code: 'LINEAGE_CHANGED' }]);
    await house.running.settled();
    expect(await lines()).toContainEqual(expect.objectContaining({ code: 'LINEAGE_NOT_APPROVED' }));
    expect(at(await house.ask(approve, { datasetId }, ANNA), 'dataset')).toEqual({
      lineage: { state: 'APPROVED', approvedBy: 'anna' },
    });
    await house.running.settled();
    expect(at(await look(), 'readiness')).toMatchObject({ ready: true, state: 'READY' });
    const outcomes = (await house.audit()).filter(({ action }) => action.startsWith('lineage-'));
    expect(outcomes.map(({ action, actor, outcome, reason }) => [action, actor, outcome, reason])).toEqual([
      ['lineage-approved', 'anna', 'refused', 'NOT_PROPOSED'],
      ['lineage-proposed', 'both', 'succeeded', undefined],
      ['lineage-approved', 'both', 'refused', 'MAKER_IS_CHECKER'],
      ['lineage-approved', 'anna', 'refused', 'LINEAGE_CHANGED'],
      ['lineage-approved', 'anna', 'succeeded', undefined],
    ]);
  });

  test('keeps an exclusion back until it is approved, and takes a new survey to follow it', async () => {
    house.source.put('documents/a', 'a');
    house.source.put('documents/b', 'b');
    await declare(house.plan([{ ...documents, exclusions: [] }]), 'approval: { exclusion: required }');
    await survey();
    const datasetId = at(await look(), 'datasets.nodes.0.id');
    const record = `mutation ($input: RecordExclusionInput!) { recordExclusion(input: $input) { userErrors { code field } exclusion { id approvedBy } } }`;
    const approve = `mutation ($id: ID!) { approveExclusion(input: { exclusionId: $id }) { userErrors { code } exclusion { approvedBy } } }`;
    const bad = { input: { datasetId, glob: '/x', reason: 'why' } };
    expect(await house.ask(record, bad)).toMatchObject({
      userErrors: [{ code: 'GLOB_INVALID', field: ['glob'] }],
    });
    const wish = { input: { datasetId, glob: 'documents/b', reason: 'legal hold' } };
    const recorded = await house.ask(record, wish);
    expect(await house.ask(record, wish)).toEqual(recorded);
    await house.running.settled();
    expect(await lines()).toContainEqual(expect.objectContaining({ code: 'EXCLUSION_NOT_APPROVED' }));
    await house.ask(approve, { id: at(recorded, 'exclusion.id') }, ANNA);
    await house.running.settled();
    expect(await lines()).toContainEqual(expect.objectContaining({ code: 'SURVEY_MISSING' }));
    await survey();
    expect(await look()).toMatchObject({
      readiness: { ready: true },
      datasets: { nodes: [{ items: 2, excludedItems: 1 }] },
    });
  });

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

  test('is changed by operators only, and what others try is on record', async () => {
    const plan = house.plan([documents]);
    expect(await house.refused(DECLARE, { plan }, ANNA)).toBe('FORBIDDEN');
    expect(await house.refused(SURVEY, { id }, null)).toBe('UNAUTHENTICATED');
    expect(at(await house.ask(SURVEY, { id }), 'userErrors')).toMatchObject([{ code: 'MIGRATION_UNKNOWN' }]);
    expect((await house.audit()).map(({ actor, outcome, reason }) => [actor, outcome, reason])).toEqual([
      ['anna', 'refused', 'FORBIDDEN'],
      ['olga', 'refused', 'MIGRATION_UNKNOWN'],
    ]);
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
    const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
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
