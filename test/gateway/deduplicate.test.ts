/** Identical reads under way at the same time are made once, and nobody sees another's. */
import { expect, test } from '@jest/globals';
import { deduplicated } from '../../gateway/deduplicate.ts';
import type { SubgraphAnswer, SubgraphRequest, SubgraphTransport } from '../../gateway/transport.ts';
import type { Actor, Role } from '../../kernel/actor.ts';

const actor = (id: string, ...roles: readonly Role[]): Actor => ({ type: 'user', id, roles });
const request = (kind: SubgraphRequest['kind'], body: string): SubgraphRequest => ({
  kind,
  query: '',
  variables: {},
  operationName: undefined,
  body,
});

function rig() {
  const waiting: ((answer: SubgraphAnswer) => void)[] = [];
  let shared = 0;
  const far: SubgraphTransport = {
    execute: () => new Promise((resolve) => waiting.push(resolve)),
    subscribe: () => Promise.resolve({}),
    isReachable: () => Promise.resolve(true),
    dropped: () => 0,
    close: () => Promise.resolve(),
  };
  const near = deduplicated(far, () => {
    shared++;
  });
  return {
    near,
    shared: () => shared,
    made: () => waiting.length,
    answer: (at: number, n: number) => waiting[at]?.({ data: { n: { n } } }),
  };
}

test('two identical reads are one, and each gets an answer of its own to build on', async () => {
  const { near, shared, made, answer } = rig();
  const reads = [1, 2, 3].map(() => near.execute(request('query', 'a'), actor('olga', 'operator', 'reviewer')));
  expect([made(), shared()]).toEqual([1, 2]);
  answer(0, 7);
  const answers = await Promise.all(reads);
  expect(answers).toEqual([1, 2, 3].map(() => ({ data: { n: { n: 7 } } })));
  expect(new Set(answers.map(({ data }) => data?.['n'])).size).toBe(3);
  void near.execute(request('query', 'a'), actor('olga', 'operator', 'reviewer'));
  expect(made()).toBe(2);
});

test('the order of roles makes no difference, but every other one does', () => {
  const { near, made } = rig();
  const ask = (who: Actor | undefined, body = 'a') => void near.execute(request('query', body), who);
  ask(actor('olga', 'operator', 'reviewer'));
  ask(actor('olga', 'reviewer', 'operator'));
  expect(made()).toBe(1);
  ask(actor('olga', 'operator'));
  ask(actor('rob', 'operator'));
  ask(undefined);
  ask(undefined, 'b');
  expect(made()).toBe(5);
});

test('a mutation is never shared', () => {
  const { near, made } = rig();
  for (const _ of [1, 2]) void near.execute(request('mutation', 'a'), actor('olga', 'operator'));
  expect(made()).toBe(2);
});

test('a read that fails fails for all who shared it, and is made again afterwards', async () => {
  let calls = 0;
  const near = deduplicated(
    {
      execute: () => Promise.reject(new Error(`failure ${++calls}`)),
      subscribe: () => Promise.resolve({}),
      isReachable: () => Promise.resolve(true),
      dropped: () => 0,
      close: () => Promise.resolve(),
    },
    () => undefined,
  );
  const reads = [1, 2].map(() => near.execute(request('query', 'a'), undefined));
  expect((await Promise.allSettled(reads)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(near.execute(request('query', 'a'), undefined)).rejects.toThrow('failure 2');
});
