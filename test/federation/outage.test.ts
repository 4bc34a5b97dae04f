/** What happens when a subgraph goes away, and comes back. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openToyHouse, type ToyHouse } from './support/house.ts';
import { until, watch } from './support/watcher.ts';

const PROGRESS = 'subscription { batchProgress(batchId: "b-2") { moved batch { verdict { matched } } } }';
const RAISED = 'subscription R($since: String) { exceptionRaised(since: $since) { cursor batch { state } } }';

describe('when a subgraph goes away', () => {
  let house: ToyHouse;
  let token: string;
  beforeEach(async () => {
    house = await openToyHouse('remote');
    token = await house.token('olga');
  });
  afterEach(() => house.close());

  test('its fields are null, with its name, and nobody else loses any', async () => {
    await house.kill('validation');
    const { data, errors } = await house.ask('{ batches(first: 2) { id verdict { matched } dataset { name } } }');
    expect(data).toEqual({
      batches: [
        { id: 'b-0', verdict: null, dataset: { name: 'Dataset ds-0' } },
        { id: 'b-1', verdict: null, dataset: { name: 'Dataset ds-1' } },
      ],
    });
    expect(errors).toEqual([
      {
        message: 'subgraph validation: cannot be reached',
        path: ['batches', 0],
        extensions: { code: 'SUBGRAPH_UNAVAILABLE', retry: 'transient', subgraph: 'validation' },
      },
    ]);
    await house.restart('validation');
    expect((await house.ask('{ batch(id: "b-2") { verdict { matched } } }')).errors).toBeUndefined();
  });

  test('live events go on without its fields', async () => {
    const watcher = watch(house.client(token), PROGRESS);
    await watcher.answer(1);
    await house.kill('validation');
    house.toys.transfer.advance('b-2');
    const { data, errors } = await watcher.answer(2);
    expect(data).toEqual({ batchProgress: { moved: 1, batch: { verdict: null } } });
    expect(errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', subgraph: 'validation' } }]);
    await house.restart('validation');
    house.toys.transfer.advance('b-2');
    expect(await watcher.answer(3)).toEqual({
      data: { batchProgress: { moved: 2, batch: { verdict: { matched: 2 } } } },
    });
  });

  test('progress resumes by itself with the newest state', async () => {
    const watcher = watch(house.client(token), PROGRESS);
    await watcher.answer(1);
    await house.kill('transfer');
    await until(() => house.toys.transfer.progress.listeners === 0);
    house.toys.transfer.advance('b-2');
    await house.restart('transfer');
    expect(await watcher.answer(2)).toMatchObject({ data: { batchProgress: { moved: 1 } } });
    house.toys.transfer.advance('b-2');
    expect(await watcher.answer(3)).toMatchObject({ data: { batchProgress: { moved: 2 } } });
    expect(house.toys.transfer.progress.listeners).toBe(1);
  });

  test('a cursor stream ends with RESUBSCRIBE, and the last cursor misses nothing', async () => {
    house.toys.validation.raise('b-1');
    const before = watch(house.client(token), RAISED, { since: null });
    await before.answer(1);
    await house.kill('validation');
    expect(await before.ended).toMatchObject([{ extensions: { code: 'RESUBSCRIBE', subgraph: 'validation' } }]);
    house.toys.validation.raise('b-2');
    const meanwhile = watch(house.client(token), RAISED, { since: '1' });
    expect(await meanwhile.ended).toMatchObject([{ extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }]);
    await house.restart('validation');
    const after = watch(house.client(token), RAISED, { since: '1' });
    expect(await after.answer(1)).toMatchObject({ data: { exceptionRaised: { cursor: '2' } } });
    expect(before.seen).toHaveLength(1);
  });

  test('a mutation that may have arrived is told as ambiguous, and one that cannot have is not', async () => {
    await house.kill('transfer');
    const { data, errors } = await house.ask('mutation { advance(id: "b-1", times: [1]) { id } }');
    expect(data).toEqual({ advance: null });
    expect(errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', retry: 'transient' } }]);
  });

  test('readiness says which', async () => {
    const readyz = new URL('/readyz', house.gateway.url);
    expect((await fetch(readyz)).status).toBe(200);
    await house.kill('audit');
    const response = await fetch(readyz);
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ready: false,
      subgraphs: { inventory: 'reachable', transfer: 'reachable', validation: 'reachable', audit: 'unreachable' },
    });
    expect((await fetch(new URL('/healthz', house.gateway.url))).status).toBe(200);
  });
});
