/** What is received is kept on a share that has no hard links and writes out no folders, as those of Windows. */
import { expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MessageStore } from '../../../plugins/hl7-mllp/store.ts';
import { NAMES, type Names } from '../../../plugins/sdk/files.ts';
import { temporaryFolders } from '../../support/places.ts';
import { all, never, whole } from '../host/house.ts';

const freshFolder = temporaryFolders();
const fails = (code: string) => async (): Promise<never> => {
  throw Object.assign(new Error(code), { code, syscall: 'link' });
};
const share = (folder: string, names: Partial<Names>): Promise<MessageStore> =>
  MessageStore.open(folder, { ...NAMES, ...names });
const header = { sender: 'WARD|SITE', controlId: '1' } as Parameters<MessageStore['keep']>[1];

test('a message is kept once, and another under its control id beside it', async () => {
  const folder = freshFolder();
  const store = await share(folder, { link: fails('EPERM'), sync: fails('EINVAL') });
  const kept: string[] = [];
  for (const text of ['MSH|1', 'MSH|1', 'MSH|2']) kept.push(await store.keep(Buffer.from(text), header));
  expect(kept).toEqual(['kept', 'had-it', 'conflict']);
  const items = (await all(store.list(never()))).map(({ path }) => path).sort();
  expect(items.map((path) => path.split('.').at(-1))).toEqual(['conflict', 'hl7']);
  expect(String(await whole(store.read(items[1] ?? '', 0, never())))).toBe('MSH|1');
  expect(readdirSync(join(folder, '.incoming'))).toEqual([]);
});

test('nothing is acknowledged that could not be named, or whose folder failed for another reason', async () => {
  const nameless = await share(freshFolder(), { link: fails('EPERM'), rename: fails('EPERM') });
  await expect(nameless.keep(Buffer.from('MSH|1'), header)).rejects.toMatchObject({ code: 'ACCESS_DENIED' });
  const full = await share(freshFolder(), { sync: fails('ENOSPC') });
  await expect(full.keep(Buffer.from('MSH|1'), header)).rejects.toMatchObject({ code: 'SPACE_EXHAUSTED' });
});
