import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Receipt, Target } from '../../../plugins/sdk/index.ts';
import { startTcpProxy } from '../../../plugins/sdk/conformance.ts';
import { never, once, parcel } from '../host/house.ts';
import { describeWithOpenssh, enterSftpHouse, type SftpHouse } from './server.ts';

const STAGING = '.waybill-staged';

async function deliver(target: Target, path: string, bytes: Uint8Array | string): Promise<Receipt> {
  const size = Buffer.byteLength(bytes as string);
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(bytes as string);
  };
  return target.commit(parcel(path, size), await target.stage(parcel(path, size), chunks(), never()), never());
}

describeWithOpenssh('an SFTP target', () => {
  let house: SftpHouse;
  beforeAll(async () => {
    house = await enterSftpHouse();
  });
  afterAll(() => house.leave());

  const fresh = async (config = {}): Promise<{ root: string; target: Target }> => {
    const root = await house.root();
    return { root, target: await house.host.target(house.endpoint(root, config), never()) };
  };

  test('stages where nobody else looks, and leaves nothing there after the commit', async () => {
    const { root, target } = await fresh();
    const staged = await target.stage(parcel('a/b'), once('x'), never());
    expect(await readdir(root)).toEqual([STAGING]);
    expect((await stat(join(root, STAGING))).mode & 0o777).toBe(0o700);
    await target.commit(parcel('a/b'), staged, never());
    expect(String(await readFile(join(root, 'a/b')))).toBe('x');
    expect(await readdir(join(root, STAGING))).toEqual([]);
  });

  test('a file that is there with the same content counts as delivered; other content is left', async () => {
    const { root, target } = await fresh();
    await writeFile(join(root, 'same'), 'content');
    await writeFile(join(root, 'other'), 'CONTENT');
    expect(await deliver(target, 'same', 'content')).toEqual({ targetId: 'same' });
    await expect(deliver(target, 'other', 'content')).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    expect(String(await readFile(join(root, 'other')))).toBe('CONTENT');
  });

  test('what a cut commit left staged is a second name of the delivered file, and is not written into', async () => {
    const { root, target } = await fresh();
    await target.stage(parcel('a', 3), once('old'), never());
    const [name = ''] = await readdir(join(root, STAGING));
    await link(join(root, STAGING, name), join(root, 'a'));
    await target.stage(parcel('a', 3), once('new'), never());
    expect(String(await readFile(join(root, 'a')))).toBe('old');
    expect(String(await readFile(join(root, STAGING, name)))).toBe('new');
  });

  test('a folder or a symlink in the way is a conflict, and the symlink is not followed', async () => {
    const { root, target } = await fresh();
    await mkdir(join(root, 'folder'));
    await symlink(join(root, 'elsewhere'), join(root, 'link'));
    for (const path of ['folder', 'link']) {
      await expect(deliver(target, path, 'x')).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    }
    expect((await readdir(root)).sort()).toEqual([STAGING, 'folder', 'link']);
  });

  test('a folder that is a symlink out of the root is refused, and nothing is written through it', async () => {
    const { root, target } = await fresh();
    const outside = await house.root();
    await symlink(outside, join(root, 'away'));
    for (const path of ['away/x', 'away/deep/x']) {
      await expect(deliver(target, path, 'x')).rejects.toMatchObject({ code: 'PATH_REFUSED' });
    }
    expect(await readdir(outside)).toEqual([]);
  });

  test('a commit whose answer is lost lands once', async () => {
    const proxy = await startTcpProxy(house.server.port);
    const { root, target } = await fresh({ port: proxy.port, connections: 1 });
    const staged = await target.stage(parcel('a'), once('x'), never());
    proxy.cutAtNextAnswer();
    expect(await target.commit(parcel('a'), staged, never())).toEqual({ targetId: 'a' });
    expect(proxy.cuts()).toBe(1);
    expect((await readdir(root)).sort()).toEqual([STAGING, 'a']);
    await target.close();
    await proxy.close();
  });

  test('a stage whose connection is cut shows nothing, and the parcel can be staged again', async () => {
    const proxy = await startTcpProxy(house.server.port);
    const { root, target } = await fresh({ port: proxy.port });
    const bytes = randomBytes(3_000_000);
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 1_000_000);
      proxy.cutAtNextAnswer();
      yield bytes.subarray(1_000_000);
    };
    const size = bytes.byteLength;
    await expect(target.stage(parcel('a', size), chunks(), never())).rejects.toMatchObject({ retry: 'transient' });
    expect(await readdir(root)).toEqual([STAGING]);
    await deliver(target, 'a', bytes);
    expect(Buffer.compare(await readFile(join(root, 'a')), bytes)).toBe(0);
    await target.close();
    await proxy.close();
  });

  test('many parcels at once all arrive as they are', async () => {
    const { root, target } = await fresh();
    const files = Array.from({ length: 40 }, (_, at) => ({ path: `d${at % 5}/f${at}`, bytes: randomBytes(at * 9001) }));
    await Promise.all(files.map(({ path, bytes }) => deliver(target, path, bytes)));
    for (const { path, bytes } of files) expect(Buffer.compare(await readFile(join(root, path)), bytes)).toBe(0);
  });

  test('a full disk is SPACE_EXHAUSTED, and nothing half-written is to be seen', async () => {
    const root = await house.root();
    const mounted = await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', root]).then(
      () => true,
      () => false,
    );
    // Only root may mount; elsewhere the promise is kept by the same code and cannot be shown.
    if (!mounted) return;
    try {
      const target = await house.host.target(house.endpoint(root), never());
      const failed = expect(deliver(target, 'large', randomBytes(4_000_000))).rejects;
      await failed.toMatchObject({ code: 'SPACE_EXHAUSTED', retry: 'permanent' });
      expect(await readdir(root)).toEqual([STAGING]);
      await deliver(target, 'small', 'fits');
      await target.close();
    } finally {
      await promisify(execFile)('umount', ['-l', root]);
    }
  });
});

describeWithOpenssh('an SFTP target whose server cannot link', () => {
  test('renames instead, and still never replaces', async () => {
    const house = await enterSftpHouse(['ForceCommand internal-sftp -P hardlink']);
    try {
      const root = await house.root();
      const target = await house.host.target(house.endpoint(root), never());
      await writeFile(join(root, 'other'), 'CONTENT');
      expect(await deliver(target, 'a/b', 'x')).toEqual({ targetId: 'a/b' });
      expect(await deliver(target, 'a/b', 'x')).toEqual({ targetId: 'a/b' });
      await expect(deliver(target, 'other', 'content')).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
      // What was refused stays staged until somebody discards it.
      expect(await readdir(join(root, STAGING))).toHaveLength(1);
    } finally {
      await house.leave();
    }
  });
});

describeWithOpenssh('an SFTP target that is read-only', () => {
  test('says ACCESS_DENIED', async () => {
    const house = await enterSftpHouse(['ForceCommand internal-sftp -R']);
    try {
      const target = await house.host.target(house.endpoint(await house.root()), never());
      await expect(deliver(target, 'a', 'x')).rejects.toMatchObject({ code: 'ACCESS_DENIED', retry: 'permanent' });
    } finally {
      await house.leave();
    }
  });
});
