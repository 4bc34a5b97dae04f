/** A drop folder on a share whose file system has no hard links and writes out no folders, as those of Windows. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { markFinished } from '../../../plugins/hl7-file-drop/finished.ts';
import { digestName, type Staging, stagedName } from '../../../plugins/hl7-file-drop/folder.ts';
import { LocalFolder } from '../../../plugins/hl7-file-drop/local/folder.ts';
import { NAMES, type Names } from '../../../plugins/sdk/files.ts';
import type { ConnectorContext } from '../../../plugins/sdk/index.ts';
import { never, once } from '../host/house.ts';

const STAGING = '.waybill-staged';
let root: string;
let told: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'drop-'));
  told = [];
});
afterEach(() => rm(root, { recursive: true }));

const fails = (code: string) => async (): Promise<never> => {
  throw Object.assign(new Error(code), { code, syscall: 'link' });
};
/** Gives others time to come between the look and what follows of it. */
async function lookSlowly(path: string): Promise<unknown> {
  const found = await NAMES.lstat(path).catch((error: unknown) => ({ error }));
  for (let turns = 0; turns < 50; turns++) await immediate();
  if (typeof found === 'object' && found !== null && 'error' in found) throw found.error;
  return found;
}
function share(names: Partial<Names>): Promise<LocalFolder> {
  const context = { log: (fact: string) => told.push(fact) } as unknown as ConnectorContext;
  return LocalFolder.open(root, context, { ...NAMES, ...names });
}
async function staged(folder: LocalFolder, key: string, text: string): Promise<Staging> {
  const staging = { path: stagedName(key), sha256: digestName(text) };
  await folder.write(staging.path, once(text), never());
  return staging;
}
const held = async (path: string): Promise<string> => String(await readFile(join(root, path)));

describe('a share without hard links', () => {
  test.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])('that says %s is dropped into all the same', async (code) => {
    const folder = await share({ link: fails(code), sync: fails('EINVAL') });
    const one = await staged(folder, 'one', 'MSH|1');
    await folder.place(one, 'adt/a.hl7', never());
    await folder.place(one, 'adt/a.hl7', never());
    await markFinished(folder, 'adt/a.hl7', { by: 'marker', suffix: '.done', beside: 'name' }, never());
    expect(await held('adt/a.hl7')).toBe('MSH|1');
    expect((await readdir(join(root, 'adt'))).sort()).toEqual(['a.hl7', 'a.hl7.done']);
    expect(await readdir(join(root, STAGING))).toEqual([]);
    expect(told).toEqual(['drop-files-renamed']);
  });

  test('keeps what is there: the same is delivered, another file is a conflict', async () => {
    const folder = await share({ link: fails('EPERM') });
    await writeFile(join(root, 'a.hl7'), 'MSH|1');
    await folder.place(await staged(folder, 'same', 'MSH|1'), 'a.hl7', never());
    const other = folder.place(await staged(folder, 'other', 'MSH|2'), 'a.hl7', never());
    await expect(other).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    expect(await held('a.hl7')).toBe('MSH|1');
  });

  test('gets one of two files that come under one name at once, also over two openings', async () => {
    const names = { link: fails('EPERM'), lstat: lookSlowly };
    const [here, there] = [await share(names), await share(names)];
    const [first, second] = [await staged(here, '1', 'MSH|1'), await staged(there, '2', 'MSH|2')];
    const both = [here.place(first, 'a.hl7', never()), there.place(second, 'a.hl7', never())];
    const ended = await Promise.allSettled(both);
    expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await held('a.hl7')).toBe(ended[0]?.status === 'fulfilled' ? 'MSH|1' : 'MSH|2');
  });

  test('that allows neither is not written to, and says so', async () => {
    const folder = await share({ link: fails('EPERM'), rename: fails('EPERM') });
    const placing = folder.place(await staged(folder, 'one', 'MSH|1'), 'a.hl7', never());
    await expect(placing).rejects.toMatchObject({ code: 'ACCESS_DENIED', retry: 'permanent' });
    expect(await readdir(root)).toEqual([STAGING]);
  });
});

test('a folder that cannot be written out for another reason than that nobody can is told', async () => {
  const folder = await share({ sync: fails('EIO') });
  await expect(staged(folder, 'one', 'MSH|1')).rejects.toMatchObject({ message: expect.stringContaining('EIO') });
});
