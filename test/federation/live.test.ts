/** Federated subscriptions: snapshot, live events with fields of other subgraphs, sharing, and letting go. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MODES, openToyHouse, type ToyHouse } from './support/house.ts';
import { until, watch, type Watcher } from './support/watcher.ts';

const PROGRESS = [
  'subscription P($id: ID! = "b-2") {',
  'batchProgress(batchId: $id) { moved batch { id dataset { name } verdict { matched }',
  'entries(first: 1) { action } } }',
  '}',
].join(' ');
const RAISED = [
  'subscription R($since: String) {',
  'exceptionRaised(since: $since) { id cursor batch { id state dataset { name } } }',
  '}',
].join(' ');

const progressOf = (moved: number) => ({
  data: {
    batchProgress: {
      moved,
      batch: {
        id: 'b-2',
        dataset: { name: 'Dataset ds-2' },
        verdict: { matched: 2 },
        entries: [{ action: 'b-2 did 0' }],
      },
    },
  },
});

describe.each(MODES)('a federated subscription, %s', (mode) => {
  let house: ToyHouse;
  let token: string;
  beforeEach(async () => {
    house = await openToyHouse(mode);
    token = await house.token('olga');
  });
  afterEach(() => house.close());

  const watchBatch = (id = 'b-2'): Watcher => watch(house.client(token), PROGRESS, { id });

  test('gives a snapshot, then live events, each with fields of other subgraphs', async () => {
    const watcher = watchBatch();
    expect(await watcher.answer(1)).toEqual(progressOf(0));
    house.toys.transfer.advance('b-2');
    expect(await watcher.answer(2)).toEqual(progressOf(1));
  });

  test('obeys aliases, fragments, defaults and conditions in every event', async () => {
    const query = [
      'subscription P($id: ID! = "b-2", $on: Boolean = false) { now: batchProgress(batchId: $id) { ...P } }',
      'fragment P on BatchProgress { n: moved batch { verdict @include(if: $on) { m: matched }',
      'set: dataset { name } } }',
    ].join(' ');
    const watcher = watch(house.client(token), query);
    const name = { name: 'Dataset ds-2' };
    expect(await watcher.answer(1)).toEqual({ data: { now: { n: 0, batch: { set: name } } } });
    const other = watch(house.client(token), query, { on: true });
    expect(await other.answer(1)).toEqual({ data: { now: { n: 0, batch: { verdict: { m: 2 }, set: name } } } });
  });

  test('500 subscribers of one batch share one subscription at the subgraph and one execution an event', async () => {
    const clients = Array.from({ length: 25 }, () => house.client(token));
    const watchers = clients.flatMap((client) =>
      Array.from({ length: 20 }, () => watch(client, PROGRESS, { id: 'b-2' })),
    );
    expect(await Promise.all(watchers.map((watcher) => watcher.answer(1)))).toEqual(watchers.map(() => progressOf(0)));
    expect(house.toys.transfer.progress.listeners).toBe(1);
    expect(house.gateway.counts()).toMatchObject({ upstream: 1, viewers: 500 });
    const read = house.toys.validation.verdictsRead;
    house.toys.transfer.advance('b-2');
    const answers = await Promise.all(watchers.map((watcher) => watcher.answer(2)));
    expect(answers).toEqual(watchers.map(() => progressOf(1)));
    expect(house.toys.validation.verdictsRead - read).toBe(1);
  });

  test('viewers of other roles, variables or words do not share', async () => {
    const watchers = [
      watchBatch(),
      watchBatch('b-3'),
      watch(house.client(await house.token('rob')), PROGRESS, { id: 'b-2' }),
      watch(house.client(token), 'subscription { batchProgress(batchId: "b-2") { moved } }'),
    ];
    await Promise.all(watchers.map((watcher) => watcher.answer(1)));
    expect(house.gateway.counts().upstream).toBe(4);
  });

  test('a viewer who comes late gets the newest state at once', async () => {
    const early = watchBatch();
    await early.answer(1);
    house.toys.transfer.advance('b-2');
    await early.answer(2);
    const late = watchBatch();
    expect(await late.answer(1)).toEqual(progressOf(1));
    expect(house.gateway.counts().upstream).toBe(1);
  });

  test('unsubscribing releases the subgraph with the last viewer', async () => {
    const [one, other] = [watchBatch(), watchBatch()];
    await Promise.all([one.answer(1), other.answer(1)]);
    one.stop();
    await until(() => house.gateway.counts().viewers === 1);
    expect(house.toys.transfer.progress.listeners).toBe(1);
    other.stop();
    await until(() => house.toys.transfer.progress.listeners === 0);
    expect(house.gateway.counts()).toMatchObject({ upstream: 0, viewers: 0 });
  });

  test('a client that vanishes releases the subgraph', async () => {
    const client = house.client(token);
    const watcher = watch(client, PROGRESS, { id: 'b-2' });
    await watcher.answer(1);
    client.terminate();
    await until(() => house.toys.transfer.progress.listeners === 0);
    expect(house.gateway.counts().viewers).toBe(0);
  });

  test('a cursor stream gives everything after the cursor, then what comes, to every reader', async () => {
    for (const batch of ['b-1', 'b-2', 'b-3']) house.toys.validation.raise(batch);
    const one = watch(house.client(token), RAISED, { since: '1' });
    await one.answer(2);
    house.toys.validation.raise('b-4');
    await one.answer(3);
    const late = watch(house.client(token), RAISED, { since: '1' });
    await late.answer(3);
    house.toys.validation.raise('b-5');
    await Promise.all([one.answer(4), late.answer(4)]);
    expect(late.seen).toEqual(one.seen);
    expect(house.toys.validation.live.listeners).toBe(1);
    expect(one.seen[3]).toEqual({
      data: {
        exceptionRaised: {
          id: 'exc-5',
          cursor: '5',
          batch: { id: 'b-5', state: 'PAUSED', dataset: { name: 'Dataset ds-5' } },
        },
      },
    });
  });

  test('an error of another subgraph stays in its event', async () => {
    const watcher = watchBatch('b-13');
    const { data, errors } = await watcher.answer(1);
    expect(data).toMatchObject({ batchProgress: { batch: { id: 'b-13', verdict: null } } });
    expect(errors).toMatchObject([
      { path: ['batchProgress', 'batch', 'verdict'], extensions: { code: 'BATCH_REFUSED' } },
    ]);
    house.toys.transfer.advance('b-13');
    await watcher.answer(2);
  });

  test('a source that breaks ends the stream with an error and without its words', async () => {
    const watcher = watchBatch();
    await watcher.answer(1);
    house.toys.transfer.progress.fail(new Error('John Doe was here'));
    const ended = JSON.stringify(await watcher.ended);
    expect(ended).toContain('INTERNAL');
    expect(ended).not.toContain('John Doe');
  });

  test('an invalid document, a missing variable and a query over HTTP alone are refused in words', async () => {
    const [unknown, missing] = [
      watch(house.client(token), 'subscription { nothing }'),
      watch(house.client(token), 'subscription P($id: ID!) { batchProgress(batchId: $id) { moved } }'),
    ];
    expect(await unknown.ended).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    expect(await missing.ended).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    const answer = await house.ask(PROGRESS, { id: 'b-2' });
    expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }]);
  });

  test('queries and mutations run over the WebSocket too', async () => {
    const watcher = watch(
      house.client(token),
      'mutation { advance(id: "b-9", times: [1]) { moved dataset { name } } }',
    );
    expect(await watcher.answer(1)).toEqual({ data: { advance: { moved: 1, dataset: { name: 'Dataset ds-9' } } } });
    expect(await watcher.ended).toBeUndefined();
  });
});
