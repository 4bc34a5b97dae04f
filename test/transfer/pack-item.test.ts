/** What a source gives is held against what was surveyed before it may fill a disk. */
import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { openStrongroom } from '../../runtime/strongroom.ts';
import type { TransferContext } from '../../subgraphs/transfer/work/context.ts';
import { packItem } from '../../subgraphs/transfer/work/pack-item.ts';
import { never } from '../plugins/host/house.ts';
import { temporaryFolders } from '../support/places.ts';

const MIB = 1024 * 1024;
const ITEM = { itemId: 'item-1', path: 'a.txt', sizeBytes: 10 };
const fresh = temporaryFolders();

async function packed(chunks: number) {
  const directory = fresh();
  const strongroom = await openStrongroom(directory);
  let given = 0;
  const source = {
    async *read() {
      for (; given < chunks; given++) yield Buffer.alloc(MIB, 'x');
    },
  };
  const context = { strongroom } as unknown as TransferContext;
  const row = await packItem({ context, source: source as never, format: 'bytes', signal: never() }, ITEM);
  const kept = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
  return { row, given, kept: kept.filter(({ name }) => /^[0-9a-f]{64}$/.test(name)).length };
}

test('an item that has grown is packed as it is', async () => {
  const { row, kept } = await packed(2);
  expect(row).toMatchObject({ sizeBytes: 2 * MIB, surveyedSizeBytes: 10 });
  expect(kept).toBe(1);
});

test('an item without an end fails, its source is asked no further, and nothing of it is kept', async () => {
  const { row, given, kept } = await packed(Number.POSITIVE_INFINITY);
  expect(row).toMatchObject({ state: 'failed', problem: { code: 'ITEM_CHANGED' } });
  expect(given).toBeLessThanOrEqual(257);
  expect(kept).toBe(0);
});
