/** What watchers of a batch are told, and when. */
import { expect, test } from '@jest/globals';
import { systemClock } from '../../kernel/clock.ts';
import type { BatchState } from '../../subgraphs/transfer/domain/batch.ts';
import type { Batch } from '../../subgraphs/transfer/store/tables.ts';
import { LiveBatches } from '../../subgraphs/transfer/work/live.ts';

const ID = 'bat-1';

function batch(seq: number, state: BatchState): Batch {
  const counts = { items: 2, excluded: 0, packed: 2, moved: 2, setAside: 0, failed: 0, bytes: 9, bytesMoved: 9 };
  return { id: ID, seq, state, phase: 'moving', bytesPacked: 9, ...counts } as unknown as Batch;
}

test('a state that was told just before it was saved reaches whoever came in between', async () => {
  const live = new LiveBatches(systemClock);
  let saved = batch(1, 'moved');
  live.publish(batch(2, 'reconciled'));
  const told = live.watch(ID, async () => saved);
  expect((await told.next()).value).toMatchObject({ seq: 1, batch: { state: 'moved' } });
  saved = batch(2, 'reconciled');
  expect((await told.next()).value).toMatchObject({ seq: 2, batch: { state: 'reconciled' } });
  await told.return?.();
});

test('a state that another process saved reaches whoever watches here', async () => {
  const live = new LiveBatches(systemClock);
  let saved = batch(1, 'moving');
  const told = live.watch(ID, async () => saved);
  expect((await told.next()).value).toMatchObject({ seq: 1 });
  saved = batch(5, 'moved');
  expect((await told.next()).value).toMatchObject({ seq: 5, batch: { state: 'moved' } });
  await told.return?.();
});
