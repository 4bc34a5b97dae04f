/** A third-party connector runs in a process of its own: it does not get out, and harms nobody but its own batch. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import { ISOLATION_LEVELS, openConnectorHost, type EndpointSettings } from '../../../plugins/host/index.ts';
import { isAtLeast } from '../../../plugins/host/isolate/level.ts';
import { usageOf } from '../../../plugins/host/isolate/usage.ts';
import { isolationHere } from '../../../plugins/host/isolate/tried.ts';
import { validateSettings } from '../../../plugins/host/settings.ts';
import sftp from '../../../plugins/sftp/index.ts';
import type { Connector, Source, TargetRecord } from '../../../plugins/sdk/index.ts';
import { temporaryFolders } from '../../support/places.ts';
import { enterHostileHouse, IMPATIENT_MS, layBait, SECRET, type Bait, type HostileHouse } from './hostile-package.ts';
import { all, never, whole } from './house.ts';

/** What comes of each: the code of a fault, or nothing, where it harms nobody at all. */
const ABUSES: Readonly<Record<string, string | undefined>> = {
  throws: 'CONNECTOR_DEFECT',
  'throws something that is no error': 'CONNECTOR_DEFECT',
  'throws a secret': 'AUTH_FAILED',
  'logs a secret': undefined,
  'logs what is no fact': undefined,
  'asks to connect without end': undefined,
  'never answers': 'UNAVAILABLE',
  'never gives the processor back': 'UNAVAILABLE',
  'takes the processor when nothing is asked of it': undefined,
  'ends its process': 'UNAVAILABLE',
  'breaks its process': 'UNAVAILABLE',
  'kills itself': 'UNAVAILABLE',
  'rejects behind the back of its call': 'UNAVAILABLE',
  'fills its heap': 'UNAVAILABLE',
  'fills the memory': 'UNAVAILABLE',
  'fills the memory of WebAssembly': 'UNAVAILABLE',
  'keeps files open without end': 'CONNECTOR_DEFECT',
  'writes rubbish to its socket': 'UNAVAILABLE',
  'says that a frame is without end': 'UNAVAILABLE',
  'sends what is no JSON': 'UNAVAILABLE',
  'sends what is no frame': 'UNAVAILABLE',
  'sends a kind of frame that there is not': undefined,
  'answers calls that nobody made': undefined,
  'answers calls a second time': undefined,
  'calls what there is not': undefined,
  'calls without saying what for': undefined,
  'asks for a stream that there is not': 'UNAVAILABLE',
  'asks for the bytes of somebody else': 'UNAVAILABLE',
  'begins calls without end': 'UNAVAILABLE',
  'says that more was taken than was sent': 'UNAVAILABLE',
  'says that bytes lie where there can be none': 'UNAVAILABLE',
  'says that bytes without end lie there': 'UNAVAILABLE',
  'says that bytes lie there that nobody waits for': undefined,
  'says that more was read than was laid': 'UNAVAILABLE',
  'says that bytes lie where it laid none': 'UNAVAILABLE',
  'fills the memory of the house with what both have open': 'CONNECTOR_DEFECT',
  'makes what both have open longer': 'CONNECTOR_DEFECT',
  'fills the spool with one file': 'SPACE_EXHAUSTED',
  'fills the spool with short ones': 'SPACE_EXHAUSTED',
  'fills the memory of the house with what it spools': 'SPACE_EXHAUSTED',
  'sends without end to where it may': 'CONFIG_INVALID',
  'opens one connection after the other where it may': 'CONFIG_INVALID',
  'sends what is no bytes': 'CONNECTOR_DEFECT',
};
/** Those that only a deadline ends. */
const SILENT = ['never answers', 'never gives the processor back'];
const LANES = 4;

const { level } = await isolationHere();
const freshFolder = temporaryFolders();
let bait: Bait & { readonly folder: string };
let house: HostileHouse;
let impatient: HostileHouse;
let sound: Source;
const codes = new Map<string, string | undefined>();
beforeAll(async () => {
  bait = await layBait(freshFolder());
  house = await enterHostileHouse(bait, level);
  impatient = await enterHostileHouse(await layBait(freshFolder()), level, level, IMPATIENT_MS);
  sound = await opened();
  const waiting = Object.keys(ABUSES);
  const lane = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) codes.set(name, await suffer(name));
  };
  await Promise.all(Array.from({ length: LANES }, lane));
});
afterAll(() => Promise.all([house.host.close(), impatient.host.close()]));

const opened = (listing?: string): Promise<Source> => house.host.source(house.endpoint({ listing }), never());

/** The code of what came of it, while somebody else reads beside it. */
async function suffer(abuse: string): Promise<string | undefined> {
  const { host, endpoint } = SILENT.includes(abuse) ? impatient : house;
  const harmed = await host.source(endpoint({ allowedPort: bait.allowedPort }), never());
  const code = await whole(harmed.read(abuse, 0, never())).then(
    () => undefined,
    (error: { readonly code: string; readonly message: string }) => `${error.code}${leaked(error.message)}`,
  );
  expect((await whole(sound.read('a.txt', 0, never()))).toString()).toBe('sound');
  if (abuse === 'takes the processor when nothing is asked of it') await spun(harmed);
  await harmed.close();
  return code;
}

const leaked = (text: string): string => (text.includes(SECRET) ? ' with a secret' : '');

/** Resolves when the process was ended for spinning; it then starts again for the next call. */
async function spun(harmed: Source): Promise<void> {
  const reason = 'it used the processor while nothing was asked of it';
  const isEnded = () =>
    house.log.some(({ facts }) => facts !== undefined && 'reason' in facts && facts.reason === reason);
  while (!isEnded()) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(await all(harmed.list(never()))).toHaveLength(1);
}

async function* nothing(): AsyncGenerator<never> {}

describe('a third-party connector', () => {
  test('is said to be kept apart as far as this machine can, and the log says so too', () => {
    expect(house.host.list()).toMatchObject([{ id: 'hostile', isolation: level }]);
    const facts = expect.objectContaining({ connector: 'hostile', isolation: level });
    expect(house.log).toContainEqual({ fact: 'connector-isolated', facts });
  });

  test.each(Object.entries(ABUSES))('harms its own batch only when it %s', (abuse, code) => {
    expect([codes.has(abuse), codes.get(abuse)]).toEqual([true, code]);
  });

  test('does not get a secret of its own into the log', () => {
    expect(house.log).toContainEqual({ fact: 'told', facts: { connector: 'hostile', word: 'it is [secret]' } });
    expect(JSON.stringify(house.log)).not.toContain(SECRET);
  });

  test('has no more than words and numbers of it logged, and not at any length', () => {
    expect(house.log).toContainEqual({
      fact: '[1000000 characters]',
      facts: { connector: 'hostile', long: '[1000000 characters]', count: 1 },
    });
    expect(house.log).toContainEqual({ fact: 'bare', facts: { connector: 'hostile' } });
    const refusals = house.log.filter(({ facts }) => facts !== undefined && 'code' in facts && facts.code === 'EACCES');
    expect(refusals).toHaveLength(1_000);
  });

  test('starts again for the next call after its process ended', async () => {
    const source = await opened();
    await expect(whole(source.read('ends its process', 0, never()))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect((await all(source.list(never()))).map(({ path }) => path)).toEqual(['a.txt']);
    await source.close();
  });

  test.each([
    ['lies about sizes', 'CONNECTOR_DEFECT'],
    ['lists a path that leads out', 'PATH_REFUSED'],
    ['lists what is nothing', 'CONNECTOR_DEFECT'],
  ])('is not believed when it %s', async (abuse, code) => {
    const source = await opened(abuse);
    await expect(all(source.list(never()))).rejects.toMatchObject({ code });
    await source.close();
  });

  test('shows charts and looks records up by key as one in the process of the host does', async () => {
    const target = await house.host.target(house.endpoint(), never());
    const shown = async (records: AsyncIterable<TargetRecord> | undefined) =>
      (await all(records ?? nothing())).map(({ key, content }) => `${key} ${Buffer.from(content ?? []).toString()}`);
    const { chart, recordsByKey } = target.listing ?? {};
    expect(await shown(chart?.('Patient/1', ['Condition'], never()))).toEqual([
      ...['Patient/1 {"of":"Patient/1"}', 'Condition {"of":"Condition"}'],
    ]);
    expect(await shown(recordsByKey?.('Encounter', ['v1'], never()))).toEqual([
      ...['Encounter {"of":"Encounter"}', 'v1 {"of":"v1"}'],
    ]);
    await target.close();
  });

  test.each(['read', 'scan'] as const)('gives back what is at the target whole, by %s', async (way) => {
    const target = await house.host.target(house.endpoint(), never());
    const pages: string[] = [];
    for await (const page of target[way]('a.pdf', 0, never())) pages.push(Buffer.from(page).toString('latin1'));
    expect(pages.join('')).toBe(Array.from({ length: 40 }, (_, at) => `a.pdf ${at} `.padEnd(100_000, '.')).join(''));
    await target.close();
  });

  test('changes nothing that all objects share', async () => {
    const source = await opened('pollutes what all objects share');
    await all(source.list(never())).catch(() => {});
    expect({}).not.toHaveProperty('polluted');
    await source.close();
  });

  test('is heard to the last word that it logs', async () => {
    const endpoint = house.endpoint({ lines: 20 });
    await house.host.check(endpoint, never());
    await (await house.host.source(endpoint, never())).close();
    await expect(house.host.target(endpoint, never())).rejects.toMatchObject({ code: 'CONNECTOR_DEFECT' });
    for (const fact of ['checked', 'closed', 'not opened']) {
      expect([fact, house.log.filter((each) => each.fact === fact)]).toMatchObject([fact, { length: 20 }]);
    }
  });

  test('is not listened to for ever', async () => {
    const source = await opened();
    const isFull = () => house.log.some(({ fact }) => fact === 'connector-log-full');
    for await (const _ of source.read('logs without end', 0, never())) if (isFull()) break;
    await source.close();
    expect(isFull()).toBe(true);
    expect(house.log.filter(({ fact }) => fact === 'noise').length).toBeLessThanOrEqual(1_000);
  });
});

describe('a host that is killed', () => {
  const enders = ISOLATION_LEVELS.filter((each) => isAtLeast(level, each));

  test.each(enders)('takes a connector with it that spins, at the level %s', async (at) => {
    const folder = realpathSync(freshFolder());
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'spin.js'), 'for (;;);');
    const host = spawn(process.execPath, [join(import.meta.dirname, 'hostile', 'host.ts'), folder, at]);
    const spinning = await until(() => descendants(host.pid).find((pid) => usageOf(pid, 1).processorMs > 500));
    host.kill('SIGKILL');
    expect(await until(() => (existsSync(`/proc/${spinning}`) ? undefined : 'gone'))).toBe('gone');
  });

  const childrenOf = (pid: number): readonly number[] => {
    const path = `/proc/${pid}/task/${pid}/children`;
    return existsSync(path) ? readFileSync(path, 'utf8').split(' ').filter(Boolean).map(Number) : [];
  };
  const descendants = (pid = 0): readonly number[] =>
    childrenOf(pid).flatMap((child) => [child, ...descendants(child)]);

  async function until<T>(look: () => T | undefined): Promise<T | undefined> {
    for (let looks = 0; looks < 1_000; looks++) {
      const seen = look();
      if (seen !== undefined) return seen;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return undefined;
  }
});

test('what changed since it was approved runs in no new process of a house that goes on', async () => {
  const bait = await layBait(freshFolder());
  const { endpoint, host } = await enterHostileHouse(bait, level);
  const path = join(bait.folder, 'index.js');
  const approved = readFileSync(path, 'utf8');
  const listed = async () => all((await host.source(endpoint(), never())).list(never()));
  writeFileSync(path, `${approved} `);
  await expect(listed()).rejects.toMatchObject({ code: 'CONNECTOR_CHANGED' });
  await expect(host.check(endpoint(), never())).rejects.toMatchObject({ code: 'CONNECTOR_CHANGED' });
  writeFileSync(path, approved);
  expect(await listed()).toHaveLength(1);
  await host.close();
});

describe('a house that asks for more than the machine enforces', () => {
  test('does not start a third-party connector, and says what is lacking', async () => {
    const bait = await layBait(freshFolder());
    await expect(enterHostileHouse(bait, 'child-process', 'namespaces')).rejects.toMatchObject({
      code: 'ISOLATION_TOO_WEAK',
      message: expect.stringMatching(/less isolation than namespaces.*enforces child-process only \(a wall\)/),
    });
  });
});

describe('a list of places', () => {
  test('is asked for where a third-party connector speaks over a network, before anything is opened', async () => {
    const capabilities = { ...sftp.capabilities, transport: 'https' } as const;
    const connector = { ...sftp, id: 'ledger', capabilities } as Connector;
    const endpoint = { connector: 'ledger', config: {}, secrets: {} };
    const network = [{ host: '10.20.3.4', port: 443 }];
    const fieldsOf = async (settings: EndpointSettings, isolation: 'namespaces' | 'in-process') => {
      const outcome = await validateSettings({ connector, isolation }, settings, 'source');
      return outcome.ok ? [] : outcome.refusals.filter(({ field }) => field?.[0] === 'network');
    };
    expect(await fieldsOf(endpoint, 'namespaces')).toMatchObject([
      { code: 'CONFIG_INVALID', remedy: expect.stringContaining('network: [{ host: ') },
    ]);
    expect(await fieldsOf({ ...endpoint, network }, 'namespaces')).toEqual([]);
    expect(await fieldsOf(endpoint, 'in-process')).toEqual([]);
  });

  test('is refused where a place is none, and where nobody would keep it', async () => {
    const wrong = { ...house.endpoint(), network: [{ host: '10.0.0.0/99', port: 1 }] };
    expect(await house.host.validate(wrong, 'source')).toMatchObject([
      { code: 'CONFIG_INVALID', field: ['network', '0'] },
    ]);
    const inside = await openConnectorHost({
      ...{ packages: ['@waybill/connector-memory'], spoolDirectory: freshFolder(), clock: systemClock },
      environment: () => undefined,
      log: () => {},
    });
    const network = [{ host: '10.0.0.0/8', port: 22 }];
    const asked = { connector: 'memory', config: { place: 'x' }, secrets: {}, network };
    expect(await inside.validate(asked, 'source')).toMatchObject([{ code: 'CONFIG_INVALID', field: ['network'] }]);
    await inside.close();
  });
});
