/** What is dropped outlives a power cut: its bytes are on the disk before they have the name that is looked for. */
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { digestName, stagedName } from '../../../plugins/hl7-file-drop/folder.ts';
import { LocalFolder } from '../../../plugins/hl7-file-drop/local/folder.ts';
import type { ConnectorContext } from '../../../plugins/sdk/index.ts';
import { temporaryFolders } from '../../support/places.ts';
import { heardNames, hearSyncs } from '../../support/syncs.ts';
import { never, once } from '../host/house.ts';

const freshFolder = temporaryFolders();
const STAGED = { path: stagedName('one'), sha256: digestName('MSH|1') };
let root: string;
let acts: string[];

beforeEach(() => {
  root = freshFolder();
  acts = [];
});
afterEach(() => {
  jest.restoreAllMocks();
});

function drop(): Promise<LocalFolder> {
  const context = { log: () => {} } as unknown as ConnectorContext;
  return LocalFolder.open(
    root,
    context,
    heardNames((act) => acts.push(act)),
  );
}

test('a file is written out whole, then what it is called while it is staged, then its name', async () => {
  await hearSyncs((sizeBytes) => acts.push(`${sizeBytes} bytes written out`));
  const folder = await drop();
  await folder.write(STAGED.path, once('MSH|1'), never());
  expect(acts).toEqual(['5 bytes written out', 'names written out']);
  await folder.place(STAGED, 'a.hl7', never());
  expect(acts).toEqual(['5 bytes written out', 'names written out', 'named', 'names written out']);
});

test('a file that the disk does not take is not staged', async () => {
  await hearSyncs(() => {
    throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: 'fsync' });
  });
  const folder = await drop();
  await expect(folder.write(STAGED.path, once('MSH|1'), never())).rejects.toMatchObject({
    message: expect.stringContaining('EIO'),
  });
  expect(readdirSync(root)).toEqual(['.waybill-staged']);
});
