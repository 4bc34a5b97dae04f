import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { appendFile, mkdir, rename, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Source } from '../../../plugins/sdk/index.ts';
import { startTcpProxy } from '../../../plugins/sdk/conformance.ts';
import { all, never, whole } from '../host/house.ts';
import { describeWithOpenssh, enterSftpHouse, folderFor, type SftpHouse } from './server.ts';

const LARGE = randomBytes(5_000_001);

describeWithOpenssh('an SFTP source', () => {
  let house: SftpHouse;
  let root: string;
  let source: Source;
  beforeAll(async () => {
    house = await enterSftpHouse();
    root = await house.root();
    source = await house.host.source(house.endpoint(root), never());
  });
  afterAll(() => house.leave());

  const fresh = async (): Promise<{ root: string; source: Source }> => {
    const at = await house.root();
    return { root: at, source: await house.host.source(house.endpoint(at), never()) };
  };

  test('lists thousands of files in deep folders, each once', async () => {
    const place = await fresh();
    const paths = Array.from({ length: 3000 }, (_, at) => `${'deep/'.repeat(at % 30)}${at % 7}/file ${at}.hl7`);
    for (const path of paths) await writeFile(await folderFor(join(place.root, path)), 'x');
    expect((await all(place.source.list(never()))).map(({ path }) => path).sort()).toEqual([...paths].sort());
  });

  test('skips symlinks and pipes, follows none, and says how many in one log fact', async () => {
    const place = await fresh();
    await writeFile(join(place.root, 'file'), 'x');
    await symlink('/etc/passwd', join(place.root, 'link'));
    await symlink('/etc', join(place.root, 'folder'));
    expect((await all(place.source.list(never()))).map(({ path }) => path)).toEqual(['file']);
    const facts = house.log.findLast(({ fact }) => fact === 'sftp-entries-skipped')?.facts;
    expect(facts).toEqual({ symlinks: 2, special: 0, connector: 'sftp' });
  });

  test('a symlink in a path it is asked for does not lead out of the root', async () => {
    await symlink('/etc', join(root, 'away'));
    await expect(whole(source.read('away/passwd', 0, never()))).rejects.toMatchObject({ code: 'PATH_REFUSED' });
  });

  test('a name that is no UTF-8 is refused in hex, after every other item was listed', async () => {
    const place = await fresh();
    await writeFile(join(place.root, 'good'), 'x');
    await writeFile(Buffer.concat([Buffer.from(`${place.root}/bad-`), Buffer.from([0xff, 0xfe])]), 'x');
    const seen: string[] = [];
    const listing = async (): Promise<void> => {
      for await (const { path } of place.source.list(never())) seen.push(path);
    };
    const told = { code: 'PATH_REFUSED', message: expect.stringContaining('6261642dfffe') };
    await expect(listing()).rejects.toMatchObject(told);
    expect(seen).toEqual(['good']);
  });

  test.each([
    ['grows', (path: string) => appendFile(path, 'more')],
    ['shrinks', (path: string) => truncate(path, LARGE.length - 1000)],
    ['is touched', (path: string) => utimes(path, 1_000_000_000, 1_000_000_000)],
  ])('a file that %s while it is read fails with ITEM_CHANGED', async (_how, change) => {
    const path = join(root, 'changing');
    await writeFile(path, LARGE);
    const reading = async (): Promise<void> => {
      let chunks = 0;
      for await (const chunk of source.read('changing', 0, never())) if (chunk && chunks++ === 0) await change(path);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'ITEM_CHANGED', retry: 'permanent' });
  });

  test('a file that is replaced while it is read is read as it was', async () => {
    const path = join(root, 'replaced');
    await writeFile(path, LARGE);
    const chunks: Uint8Array[] = [];
    for await (const chunk of source.read('replaced', 0, never())) {
      if (chunks.push(chunk) !== 1) continue;
      await writeFile(`${path}.new`, 'other');
      await rename(`${path}.new`, path);
    }
    expect(Buffer.compare(Buffer.concat(chunks), LARGE)).toBe(0);
  });

  test('a folder and a missing file are no items', async () => {
    await mkdir(join(root, 'folder'));
    for (const path of ['folder', 'missing', 'folder/missing']) {
      await expect(whole(source.read(path, 0, never()))).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
    }
  });

  test('a read whose connection is cut goes on over a new one', async () => {
    await writeFile(join(root, 'cut'), LARGE);
    const proxy = await startTcpProxy(house.server.port);
    const through = await house.host.source(house.endpoint(root, { port: proxy.port }), never());
    proxy.cutAfter(1_500_000);
    expect(Buffer.compare(await whole(through.read('cut', 0, never())), LARGE)).toBe(0);
    expect(proxy.cuts()).toBe(1);
    await through.close();
    await proxy.close();
  });

  test('reads of many files at once do not mix them up', async () => {
    const place = await fresh();
    const files = Array.from({ length: 60 }, (_, at) => ({ path: `f${at}`, bytes: randomBytes(at * 3001) }));
    for (const { path, bytes } of files) await writeFile(join(place.root, path), bytes);
    const read = await Promise.all(files.map(({ path }) => whole(place.source.read(path, 0, never()))));
    read.forEach((bytes, at) => expect(Buffer.compare(bytes, files[at]?.bytes ?? Buffer.alloc(0))).toBe(0));
  });

  test('a server that stops is unavailable, and the source works again when it is back', async () => {
    await writeFile(join(root, 'file'), 'x');
    const proxy = await startTcpProxy(house.server.port);
    const endpoint = house.endpoint(root, { port: proxy.port });
    const through = await house.host.source(endpoint, never());
    await proxy.close();
    await expect(whole(through.read('file', 0, never()))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await through.close();
  });
});
