/** What watchers of a cutover are told, and when. */
import { expect, test } from '@jest/globals';
import type { Cutover } from '../../../subgraphs/cutover/store/tables.ts';
import { LiveCutovers } from '../../../subgraphs/cutover/work/live.ts';

const ID = 'mig-1';

function cutover(revision: number): Cutover {
  return { id: 'cut-1', migrationId: ID, revision } as unknown as Cutover;
}

test('a change that another process saved reaches everybody who watches here', async () => {
  const live = new LiveCutovers();
  let saved = cutover(1);
  const read = async () => saved;
  const early = live.watch(ID, read);
  expect((await early.next()).value).toMatchObject({ revision: 1 });
  saved = cutover(2);
  const late = live.watch(ID, read);
  expect((await late.next()).value).toMatchObject({ revision: 2 });
  expect((await early.next()).value).toMatchObject({ revision: 2 });
  for (const each of [early, late]) await each.return?.();
  expect(await early.next()).toMatchObject({ done: true });
});

test('a change of this process reaches its watchers at once, and nobody else', async () => {
  const live = new LiveCutovers();
  const told = live.watch(ID, async () => cutover(1));
  await told.next();
  live.publish({ ...cutover(7), migrationId: 'mig-2' });
  live.publish(cutover(3));
  expect((await told.next()).value).toMatchObject({ revision: 3 });
  await told.return?.();
});
