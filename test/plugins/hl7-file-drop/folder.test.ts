import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFile, chmod, link, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Json } from '../../../kernel/canonical-json.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { openConnectorHost, type ConnectorHost, type EndpointSettings } from '../../../plugins/host/index.ts';
import type { Receipt, Target } from '../../../plugins/sdk/index.ts';
import { all, listedBeforeFailing, never, once, parcel, whole } from '../host/house.ts';

const NOBODY = 65_534;
const STAGING = '.waybill-staged';
let directory: string;
let folder: string;
let host: ConnectorHost;
const log: { fact: string; facts: object | undefined }[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drop-'));
  folder = join(directory, 'drop');
  await mkdir(folder);
  log.length = 0;
  host = await openConnectorHost({
    packages: ['@waybill/connector-hl7-file-drop'],
    spoolDirectory: join(directory, 'spool'),
    environment: () => undefined,
    log: (fact, facts) => log.push({ fact, facts }),
    clock: systemClock,
    limits: { backoffFirstMs: 1, backoffMostMs: 2 },
  });
});
afterEach(async () => {
  await host.close();
  await rm(directory, { recursive: true, force: true });
});

const endpoint = (at = folder, settings: { readonly [name: string]: Json } = {}): EndpointSettings => ({
  connector: 'hl7-file-drop',
  config: { folder: at, ...settings },
  secrets: {},
});
const listed = async (from = endpoint()): Promise<string[]> =>
  (await all((await host.source(from, never())).list(never()))).map(({ path }) => path).sort();

async function deliver(target: Target, path: string, text: string): Promise<Receipt> {
  const size = Buffer.byteLength(text);
  return target.commit(parcel(path, size), await target.stage(parcel(path, size), once(text), never()), never());
}

describe('sweeping a drop folder', () => {
  test('takes finished files only, in sub-folders too', async () => {
    await mkdir(join(folder, 'adt/.tmp'), { recursive: true });
    await mkdir(join(folder, 'g.part'));
    const unfinished = ['c.hl7.part', 'D.PART', 'f.hl7.filepart', 'h.tmp', 'g.part/i.hl7'];
    for (const name of ['a.hl7', '.b.hl7', ...unfinished, 'adt/e.hl7', 'adt/.tmp/f.hl7', 'j.writing']) {
      await writeFile(join(folder, name), 'MSH|');
    }
    expect(await listed()).toEqual(['a.hl7', 'adt/e.hl7', 'j.writing']);
    expect(log).toEqual([
      { fact: 'drop-files-unfinished', facts: expect.objectContaining({ files: unfinished.length }) },
    ]);
    const other = endpoint(folder, { finished: { by: 'name', unfinished: ['.WRITING', '.part', '.filepart'] } });
    expect(await listed(other)).toEqual(['a.hl7', 'adt/e.hl7', 'h.tmp']);
  });

  test('takes files by their markers, which are no items, and counts those that wait for one', async () => {
    await mkdir(join(folder, 'adt'));
    for (const name of ['a.hl7', 'a.hl7.done', 'b.hl7', 'adt/c.hl7', 'adt/c.hl7.done', 'lonely.done']) {
      await writeFile(join(folder, name), '');
    }
    const marked = endpoint(folder, { finished: { by: 'marker', suffix: '.done' } });
    expect(await listed(marked)).toEqual(['a.hl7', 'adt/c.hl7']);
    expect(log).toContainEqual({ fact: 'drop-files-unfinished', facts: expect.objectContaining({ files: 1 }) });
  });

  test('takes files by markers that are named for their stem', async () => {
    await mkdir(join(folder, 'v1.2'));
    for (const name of ['a.hl7', 'a.done', 'b', 'b.done', 'c.hl7', 'v1.2/d', 'v1.2/d.done']) {
      await writeFile(join(folder, name), '');
    }
    const marked = endpoint(folder, { finished: { by: 'marker', suffix: '.done', beside: 'stem' } });
    expect(await listed(marked)).toEqual(['a.hl7', 'b', 'v1.2/d']);
  });

  test('takes files that stay the same, whatever their clock says, and none that grows', async () => {
    for (const name of ['still.hl7', 'growing.hl7', 'still.part']) await writeFile(join(folder, name), 'MSH|');
    const long = new Date('2001-01-01T00:00:00Z');
    let isListed = false;
    const growing = (async () => {
      while (!isListed) {
        await appendFile(join(folder, 'growing.hl7'), 'more');
        await utimes(join(folder, 'growing.hl7'), long, long);
      }
    })();
    const stable = listed(endpoint(folder, { finished: { by: 'stable', seconds: 1 } }));
    try {
      expect(await stable).toEqual(['still.hl7']);
    } finally {
      isListed = true;
      await growing;
    }
    expect(log).toContainEqual({ fact: 'drop-files-unfinished', facts: expect.objectContaining({ files: 2 }) });
  });

  test('takes files by their age: what was just written may not be whole', async () => {
    for (const name of ['old.hl7', 'new.hl7']) await writeFile(join(folder, name), 'MSH|');
    const hourAgo = new Date(systemClock.now().getTime() - 3_600_000);
    await utimes(join(folder, 'old.hl7'), hourAgo, hourAgo);
    expect(await listed(endpoint(folder, { finished: { by: 'age', seconds: 600 } }))).toEqual(['old.hl7']);
  });

  test.each([
    [{ by: 'marker', suffix: 'done' }, 'config.finished.suffix'],
    [{ by: 'age', seconds: 0 }, 'config.finished.seconds'],
    [{ by: 'stable', seconds: 301 }, 'config.finished.seconds'],
    [{ by: 'luck' }, 'config.finished.by'],
  ])('a rule that is none is refused: %j', async (finished, field) => {
    const refusals = await host.validate(endpoint(folder, { finished }), 'source');
    expect(refusals.map((refusal) => refusal.field?.join('.'))).toEqual([field]);
  });

  test('follows no symlink, waits for no pipe, and counts them in one log fact', async () => {
    await symlink('/etc', join(folder, 'away'));
    await promisify(execFile)('mkfifo', [join(folder, 'pipe')]);
    expect(await listed()).toEqual([]);
    expect(log).toEqual([
      { fact: 'drop-entries-skipped', facts: { symlinks: 1, special: 1, connector: 'hl7-file-drop' } },
    ]);
    const source = await host.source(endpoint(), never());
    await expect(whole(source.read('away/passwd', 0, never()))).rejects.toMatchObject({ code: 'PATH_REFUSED' });
    await expect(whole(source.read('pipe', 0, never()))).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
  });

  test('a name that is no UTF-8 is refused in hex, after every other item was listed', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${folder}/bad-`), Buffer.from([0xff])]), 'x');
    await writeFile(join(folder, 'good'), 'x');
    const { failure, paths } = await listedBeforeFailing(await host.source(endpoint(), never()));
    expect(failure).toMatchObject({ code: 'PATH_REFUSED', message: expect.stringContaining('6261642dff') });
    expect(paths).toEqual(['good']);
  });

  test('sub-folders that this user may not look into are told by name, after all others were listed', async () => {
    const { uid } = userInfo();
    const [shut, shown] = uid === 0 ? [0o700, 0o744] : [0o000, 0o444];
    for (const name of ['adt/shut', 'oru/shown', 'zoe']) {
      await mkdir(join(folder, name), { recursive: true, mode: 0o755 });
      for (const file of ['1.hl7', '2.hl7']) await writeFile(join(folder, name, file), 'MSH|');
    }
    await chmod(join(folder, 'adt/shut'), shut);
    await chmod(join(folder, 'oru/shown'), shown);
    await chmod(directory, 0o755);
    const source = await host.source(endpoint(), never());
    if (uid === 0) process.seteuid?.(NOBODY);
    const { failure, paths } = await listedBeforeFailing(source).finally(() => process.seteuid?.(uid));
    expect(failure).toMatchObject({
      code: 'ACCESS_DENIED',
      message: expect.stringMatching(/2 folders.*("adt\/shut\/".*"oru\/shown\/"|"oru\/shown\/".*"adt\/shut\/")/),
    });
    expect(paths.sort()).toEqual(['zoe/1.hl7', 'zoe/2.hl7']);
    for (const name of ['adt/shut', 'oru/shown']) await chmod(join(folder, name), 0o755);
  });

  test('a file that changes while it is read fails with ITEM_CHANGED', async () => {
    await writeFile(join(folder, 'a'), randomBytes(1_000_000));
    const source = await host.source(endpoint(), never());
    const reading = async (): Promise<void> => {
      for await (const chunk of source.read('a', 0, never())) if (chunk) await appendFile(join(folder, 'a'), 'more');
    };
    await expect(reading()).rejects.toMatchObject({ code: 'ITEM_CHANGED' });
  });

  test('a folder that is not there is a setting to correct', async () => {
    const told = { code: 'CONFIG_INVALID', message: expect.stringContaining('/no/such/folder') };
    await expect(host.check(endpoint('/no/such/folder'), never())).rejects.toMatchObject(told);
    expect(await host.check(endpoint(), never())).toMatchObject({ folder, writable: 'yes' });
  });
});

describe('dropping into a folder', () => {
  test('stages where nobody else looks, and leaves nothing there after the commit', async () => {
    const target = await host.target(endpoint(), never());
    const staged = await target.stage(parcel('a/b.hl7'), once('x'), never());
    expect(await readdir(folder)).toEqual([STAGING]);
    expect((await stat(join(folder, STAGING))).mode & 0o777).toBe(0o700);
    await target.commit(parcel('a/b.hl7'), staged, never());
    expect(String(await readFile(join(folder, 'a/b.hl7')))).toBe('x');
    expect(await readdir(join(folder, STAGING))).toEqual([]);
  });

  test('content that is there already counts as delivered; other content is left alone', async () => {
    const target = await host.target(endpoint(), never());
    await writeFile(join(folder, 'same'), 'content');
    await writeFile(join(folder, 'other'), 'CONTENT');
    await symlink(join(folder, 'elsewhere'), join(folder, 'link'));
    expect(await deliver(target, 'same', 'content')).toEqual({ targetId: 'same' });
    for (const path of ['other', 'link']) {
      await expect(deliver(target, path, 'content')).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
    }
    expect(String(await readFile(join(folder, 'other')))).toBe('CONTENT');
  });

  test('a commit cut once its file was in place is repeated, and nobody ever sees less of the file', async () => {
    const target = await host.target(endpoint(), never());
    const a = parcel('a.hl7', 7);
    await target.stage(a, once('content'), never());
    const [staged = ''] = await readdir(join(folder, STAGING));
    await link(join(folder, STAGING, staged), join(folder, 'a.hl7'));
    const again = await target.stage(a, once('content'), never());
    // What is staged has nothing in common with what readers see.
    await writeFile(join(folder, STAGING, staged), 'another');
    expect(String(await readFile(join(folder, 'a.hl7')))).toBe('content');
    expect(await target.commit(a, again, never())).toEqual({ targetId: 'a.hl7' });
    expect(String(await readFile(join(folder, 'a.hl7')))).toBe('content');
  });

  test('a sub-folder that is a symlink out of the folder is refused, and nothing is written through it', async () => {
    const outside = join(directory, 'outside');
    await mkdir(outside);
    await symlink(outside, join(folder, 'away'));
    const target = await host.target(endpoint(), never());
    for (const path of ['away/x', 'away/deep/x']) {
      await expect(deliver(target, path, 'x')).rejects.toMatchObject({ code: 'PATH_REFUSED' });
    }
    expect(await readdir(outside)).toEqual([]);
  });

  test('a full disk is SPACE_EXHAUSTED, and nothing half-written is to be seen', async () => {
    const mounted = await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).then(
      () => true,
      () => false,
    );
    // Only root may mount; elsewhere the promise is kept by the same code and cannot be shown.
    if (!mounted) return;
    try {
      const target = await host.target(endpoint(), never());
      const text = 'x'.repeat(2_000_000);
      await expect(deliver(target, 'large', text)).rejects.toMatchObject({ code: 'SPACE_EXHAUSTED' });
      expect(await readdir(folder)).toEqual([STAGING]);
      expect(await readdir(join(folder, STAGING))).toEqual([]);
    } finally {
      await promisify(execFile)('umount', ['-l', folder]);
    }
  });

  test('a name that is too long for the file system is refused by name', async () => {
    const target = await host.target(endpoint(), never());
    await expect(deliver(target, 'n'.repeat(300), 'x')).rejects.toMatchObject({ code: 'PATH_REFUSED' });
  });
});

describe('a folder whose readers wait for markers', () => {
  const marked = () => endpoint(folder, { finished: { by: 'marker', suffix: '.done' } });

  test('gets the marker after the file; a commit that was cut between them sets it when repeated', async () => {
    const target = await host.target(marked(), never());
    const a = parcel('adt/a.hl7', 4);
    const staged = await target.stage(a, once('MSH|'), never());
    expect(await listed(marked())).toEqual([]);
    const receipt = await target.commit(a, staged, never());
    expect((await readdir(join(folder, 'adt'))).sort()).toEqual(['a.hl7', 'a.hl7.done']);
    expect(await listed(marked())).toEqual(['adt/a.hl7']);
    await rm(join(folder, 'adt/a.hl7.done'));
    expect(await target.commit(a, staged, never())).toEqual(receipt);
    expect(await listed(marked())).toEqual(['adt/a.hl7']);
    const items = target.listing === undefined ? [] : await all(target.listing.items(never()));
    expect(items.map(({ key }) => key)).toEqual(['adt/a.hl7']);
  });

  test('takes no item that would be taken for a marker', async () => {
    const target = await host.target(marked(), never());
    await expect(deliver(target, 'a.hl7.done', 'MSH|')).rejects.toMatchObject({ code: 'PATH_REFUSED' });
    expect(await readdir(folder)).toEqual([]);
  });
});
