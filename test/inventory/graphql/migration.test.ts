import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { derivedId } from '../../../kernel/id.ts';
import { readLines } from '../../../runtime/strongroom.ts';
import { onEveryDialect, type Place } from '../../support/databases.ts';
import { at, House, problemsWith } from '../house.ts';
import { SURVEY, ITEMS, documents, rest, id, strange, stepsIn } from '../questions.ts';

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
  const { look, lines, declare, survey } = stepsIn(() => house);

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

  test('declared again is the same; with another content it takes the place of one not launched', async () => {
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
    expect(at(await house.ask(SURVEY, { id }), 'userErrors')).toEqual([]);
    await house.running.settled();
    expect(await look()).toMatchObject({ survey: { state: 'NONE' }, datasets: { nodes: [{ items: 0 }] } });
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
});
