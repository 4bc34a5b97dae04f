/** What was acknowledged outlives a power cut: bytes and name are on the disk before anything is said of them. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { MessageStore } from '../../../plugins/hl7-mllp/store.ts';
import { temporaryFolders } from '../../support/places.ts';
import { heardNames, hearSyncs } from '../../support/syncs.ts';
import { all, never } from '../host/house.ts';

const freshFolder = temporaryFolders();
const MESSAGE = Buffer.from('MSH|1');
const header = { sender: 'WARD|SITE', controlId: '1' } as Parameters<MessageStore['keep']>[1];
let acts: string[];

beforeEach(() => {
  acts = [];
});
afterEach(() => {
  jest.restoreAllMocks();
});

function store(): Promise<MessageStore> {
  return MessageStore.open(
    freshFolder(),
    heardNames((act) => acts.push(act)),
  );
}

test('a message is kept once it is written out whole, then its shelf, then its name', async () => {
  await hearSyncs((sizeBytes) => acts.push(`${sizeBytes} bytes written out`));
  acts.push(await (await store()).keep(MESSAGE, header));
  expect(acts).toEqual(['5 bytes written out', 'names written out', 'named', 'names written out', 'kept']);
});

test('a message that the disk does not take is not kept, so that nobody is told that it was', async () => {
  await hearSyncs(() => {
    throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'fsync' });
  });
  const opened = await store();
  await expect(opened.keep(MESSAGE, header)).rejects.toMatchObject({ code: 'SPACE_EXHAUSTED' });
  expect(await all(opened.list(never()))).toEqual([]);
  expect(acts).toEqual([]);
});
