/** What is asked of an SFTP server, in which order and over which connection, and what its answers lead to. */
import { afterEach, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sftp from '../../../plugins/sftp/index.ts';
import { settings } from '../../../plugins/sftp/settings.ts';
import {
  CONNECTED,
  ConnectorError,
  type ConnectorContext,
  type Source,
  type Target,
} from '../../../plugins/sdk/index.ts';
import { listedBeforeFailing, never, once, parcel, whole } from '../host/house.ts';
import { type Asked, describeOverheard, type Manners, type Overheard, startOverheard } from './overheard.ts';

const FSYNC = 'fsync@openssh.com';
const HARDLINK = 'hardlink@openssh.com';
const FAILURE = 4;
/** What is held back for ever fails here instead. */
const HELD_MAX_MS = 30_000;

let root: string;
let server: Overheard;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function serve(manners: Manners = {}): Promise<void> {
  root = await mkdtemp(join(tmpdir(), 'overheard-'));
  await chmod(root, 0o755);
  server = await startOverheard(manners);
  closing.push(() => rm(root, { recursive: true }), server.close);
}

/** Calls back for every connection that is ready to be used. */
function given(connections: number, connected: () => void) {
  const { port, hostKey, password } = server;
  const config = settings.parse({ host: '127.0.0.1', port, user: 'u', root, hostKey, connections });
  const secret = (name: string): string => {
    if (name === 'password') return password;
    throw new ConnectorError('CONFIG_INVALID', `no secret ${name}`);
  };
  const log = (fact: string): void => (fact === CONNECTED ? connected() : undefined);
  const context = { secret, log, now: () => new Date() } as unknown as ConnectorContext;
  return [config, context, never()] as const;
}

async function source(connections = 2, connected = (): void => {}): Promise<Source> {
  const opened = await sftp.openSource?.(...given(connections, connected));
  if (opened === undefined) throw new Error('it does not open');
  closing.push(() => opened.close());
  return opened;
}

async function target(): Promise<Target> {
  const opened = await sftp.openTarget?.(...given(2, () => {}));
  if (opened === undefined) throw new Error('it does not open');
  closing.push(() => opened.close());
  return opened;
}

async function* inOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function listed(from: Source): Promise<{ readonly paths: string[]; readonly failure: unknown }> {
  const { paths, failure } = await listedBeforeFailing(from);
  return { paths: paths.sort(), failure };
}

describeOverheard('what is staged on an SFTP server', () => {
  test.each([
    ['linked', HARDLINK, []],
    ['renamed', 'rename', [HARDLINK]],
  ])('is made durable where the server can, after its last byte and before it is %s', async (_how, placed, hides) => {
    await serve({ hides });
    const to = await target();
    const staged = await to.stage(parcel('a'), once('x'), never());
    await to.commit(parcel('a'), staged, never());
    const [of] = server.asked.filter(({ what }) => what === 'write').map(({ path }) => path);
    const told = server.asked.filter(({ what, path }) => path === of && ['write', FSYNC, placed].includes(what));
    expect(told.map(({ what }) => what).slice(0, 3)).toEqual(['write', FSYNC, placed]);
    expect(of).toMatch(/\/\.waybill-staged\/[0-9a-f]{64}$/);
  });

  test('is placed without that where the server does not offer it', async () => {
    await serve({ hides: [FSYNC] });
    const to = await target();
    await to.commit(parcel('a'), await to.stage(parcel('a'), once('x'), never()), never());
    expect(String(await readFile(join(root, 'a')))).toBe('x');
    expect(server.asked.map(({ what }) => what)).not.toContain(FSYNC);
  });

  test('is not staged where the server could not make it durable', async () => {
    await serve({ refuses: ({ what }) => (what === FSYNC ? FAILURE : undefined) });
    const to = await target();
    await expect(to.stage(parcel('a'), once('x'), never())).rejects.toMatchObject({ retry: 'transient' });
    expect(await readdir(root)).toEqual(['.waybill-staged']);
  });

  test('is told by the size that the server holds, so that what it stored short is refused', async () => {
    await serve({ dropsBytes: 3 });
    const bytes = randomBytes(500_000);
    const staged = await (await target()).stage(parcel('a', bytes.byteLength), inOne(bytes), never());
    expect(staged.sizeBytes).toBe(bytes.byteLength - 3);
  });

  test(
    'is sent without waiting for each answer',
    async () => {
      await serve({ holds: ({ what }) => what === 'write' });
      const bytes = randomBytes(500_000);
      const staging = (await target()).stage(parcel('a', bytes.byteLength), inOne(bytes), never());
      await server.held(2);
      server.release();
      expect(await staging).toMatchObject({ sizeBytes: bytes.byteLength });
    },
    HELD_MAX_MS,
  );
});

describeOverheard('what is read from an SFTP server', () => {
  test(
    'is asked for ahead, without waiting for each answer',
    async () => {
      // What follows the first bytes, with which the size is asked for.
      await serve({ holds: ({ what, position }) => what === 'read' && position > 0 });
      const bytes = randomBytes(3_000_000);
      await writeFile(join(root, 'a'), bytes);
      const reading = whole((await source()).read('a', 0, never()));
      await server.held(2);
      server.release();
      expect((await reading).equals(bytes)).toBe(true);
    },
    HELD_MAX_MS,
  );

  test.each([
    [2, [1, 1, 2]],
    [1, [1, 1, 1]],
  ])(
    'comes over no more than %i connections, another when the first is busy, and is not mixed up',
    async (connections, over) => {
      await serve({ holds: ({ what, position }) => what === 'read' && position > 0 });
      const ready = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      let opened = 0;
      const from = await source(connections, () => ready[opened++]?.resolve());
      const read = async (name: string): Promise<Buffer> => whole(from.read(name, 0, never()));
      const files = ['a', 'b', 'c'].map((name) => ({ name, bytes: randomBytes(3_000_000) }));
      for (const { name, bytes } of files) await writeFile(join(root, name), bytes);
      const first = read('a');
      await server.held(1);
      const second = read('b');
      await ready[connections - 1]?.promise;
      const all = [first, second, read('c')];
      server.release();
      const came = await Promise.all(all);
      expect(came.map((bytes, at) => bytes.equals(files[at]?.bytes ?? Buffer.alloc(0)))).toEqual([true, true, true]);
      // Whatever was being opened is open, or is not, when it has closed.
      await from.close();
      expect(opened).toBe(connections);
      const reads = server.asked.filter(({ what }) => what === 'read');
      const overOf = ({ name }: { name: string }) => reads.filter(({ path }) => path === join(root, name));
      expect(files.map((file) => [...new Set(overOf(file).map(({ connection }) => connection))])).toEqual(
        over.map((connection) => [connection]),
      );
    },
    HELD_MAX_MS,
  );
});

describeOverheard('what a user may not read on an SFTP server', () => {
  const denied = (named: string) => ({ code: 'ACCESS_DENIED', message: expect.stringContaining(named) });

  test('is an item that fails by its name, if it is a file', async () => {
    await serve({ asNobody: true });
    await writeFile(join(root, 'secret'), 'x', { mode: 0o000 });
    await writeFile(join(root, 'open'), 'x');
    const from = await source();
    expect(await listed(from)).toEqual({ paths: ['open', 'secret'], failure: undefined });
    await expect(whole(from.read('secret', 0, never()))).rejects.toMatchObject(denied('"secret"'));
  });

  test.each([
    ['neither listed nor entered', 0o000],
    ['entered and not listed', 0o711],
    // OpenSSH then lists it as empty.
    ['listed and not entered', 0o744],
  ])('is told by the name of the folder, if it may be %s, after all others were listed', async (_how, mode) => {
    await serve({ asNobody: true });
    for (const folder of ['a', 'b', 'b/shut', 'c', 'empty']) await mkdir(join(root, folder));
    for (const path of ['a/1', 'b/2', 'b/shut/3', 'c/4', '5']) await writeFile(join(root, path), 'x');
    await chmod(join(root, 'b/shut'), mode);
    const { paths, failure } = await listed(await source());
    expect(paths).toEqual(['5', 'a/1', 'b/2', 'c/4']);
    expect(failure).toMatchObject(denied('1 folders under'));
    expect(failure).toMatchObject(denied('"b/shut/"; let it read and enter them'));
  });

  test('is not what a server shows as empty and cannot be asked about', async () => {
    const isAsked = ({ what, path }: Asked) => what === 'lstat' && path.endsWith('/.');
    await serve({ asNobody: true, refuses: (asked) => (isAsked(asked) ? FAILURE : undefined) });
    await mkdir(join(root, 'a'));
    await chmod(join(root, 'a'), 0o744);
    expect(await listed(await source())).toEqual({ paths: [], failure: undefined });
    expect(server.asked.some(isAsked)).toBe(true);
  });

  test('is the whole place, if it may not look into the root', async () => {
    await serve({ asNobody: true });
    await writeFile(join(root, 'a'), 'x');
    const from = await source();
    await chmod(root, 0o700);
    const { paths, failure } = await listed(from);
    expect(paths).toEqual([]);
    expect(failure).toMatchObject(denied(root));
  });
});
