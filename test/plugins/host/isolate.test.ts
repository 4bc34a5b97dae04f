/** A third-party connector runs in a process of its own: it does not get out, and harms nobody but its own batch. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pathToFileURL } from 'node:url';
import { join, resolve } from 'node:path';
import { isolatedConnector } from '../../../plugins/host/isolate/connector.ts';
import { assess, SCENARIOS } from '../../../plugins/sdk/conformance.ts';
import { harness as folders, skipped } from '../../../plugins/sftp/conformance/harness.ts';
import { temporaryFolders } from '../../support/places.ts';
import { enterHostileHouse, type HostileHouse } from './hostile-package.ts';
import { all, never, whole } from './house.ts';

const freshFolder = temporaryFolders();
let house: HostileHouse;
beforeAll(async () => {
  house = await enterHostileHouse(freshFolder());
});
afterAll(() => house.host.close());

const endpoint = (config: { readonly probe?: string; readonly bad?: string }) => ({
  connector: 'hostile',
  config: { ...config, home: house.home },
  secrets: { word: 'env:WORD' },
});

describe('a third-party connector', () => {
  test('is said to run in a process of its own, and the log says so too', () => {
    expect(house.host.list()).toMatchObject([{ id: 'hostile', isolation: 'child-process' }]);
    const facts = { connector: 'hostile', isolation: 'child-process' };
    expect(house.log).toContainEqual({ fact: 'connector-isolated', facts });
  });

  test.each([
    ['reads a file of the system'],
    ['reads the data folder of the house'],
    ['lists the data folder of the house'],
    ['reads the environment of the host from the system'],
    ['finds the environment of the host in its own'],
    ['writes into its own folder'],
    ['writes into a temporary folder'],
    ["deletes what is the house's"],
    ['makes a symlink that leads out'],
    ['starts a shell'],
    ['starts a program'],
    ['starts a thread'],
    ['loads native code'],
    ['opens a debugger'],
    ['gives itself permission'],
    ['opens a database where it may not'],
    ['reads a secret that the plan does not name'],
  ])('does not get out when it %s', async (probe) => {
    await expect(house.host.check(endpoint({ probe }), never())).rejects.toMatchObject({
      code: expect.stringMatching(/^(CONNECTOR_DEFECT|CONFIG_INVALID)$/),
    });
  });

  test.each([
    ['throws', 'CONNECTOR_DEFECT'],
    ['throws something that is no error', 'CONNECTOR_DEFECT'],
    ['never answers', 'UNAVAILABLE'],
    ['never gives the processor back', 'UNAVAILABLE'],
    ['ends its process', 'UNAVAILABLE'],
    ['breaks its process', 'UNAVAILABLE'],
    ['rejects behind the back of its call', 'UNAVAILABLE'],
    ['fills its heap', 'UNAVAILABLE'],
    ['fills the memory', 'UNAVAILABLE'],
    ['sends a chunk that is too large', 'UNAVAILABLE'],
    ['writes rubbish to its socket', 'UNAVAILABLE'],
  ])('harms its own batch only when it %s', async (bad, code) => {
    const harmed = await house.host.source(endpoint({ bad }), never());
    const sound = await house.host.source(endpoint({}), never());
    await expect(whole(harmed.read('a.txt', 0, never()))).rejects.toMatchObject({ code });
    expect((await whole(sound.read('a.txt', 0, never()))).toString()).toBe('sound');
    await Promise.all([harmed.close(), sound.close()]);
  });

  test('starts again for the next call after its process ended', async () => {
    const source = await house.host.source(endpoint({ bad: 'ends its process' }), never());
    await expect(whole(source.read('a.txt', 0, never()))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect((await all(source.list(never()))).map(({ path }) => path)).toEqual(['a.txt']);
    await source.close();
  });

  test.each([
    ['lies about sizes', 'CONNECTOR_DEFECT'],
    ['lists a path that leads out', 'PATH_REFUSED'],
  ])('is not believed when it %s', async (bad, code) => {
    const source = await house.host.source(endpoint({ bad }), never());
    await expect(all(source.list(never()))).rejects.toMatchObject({ code });
    await source.close();
  });

  test('is not listened to for ever', async () => {
    const source = await house.host.source(endpoint({ bad: 'logs without end' }), never());
    const isFull = () => house.log.some(({ fact }) => fact === 'connector-log-full');
    for await (const _ of source.read('a.txt', 0, never())) if (isFull()) break;
    await source.close();
    expect(isFull()).toBe(true);
    expect(house.log.filter(({ fact }) => fact === 'noise').length).toBeLessThanOrEqual(1_000);
  });
});

describe('the contract', () => {
  const kept = [
    'list.whole',
    'read.together',
    'read.in-chunks',
    'stage.in-chunks',
    'commit.after-restart',
    'fault.lost-answer',
  ];
  const conforming = skipped === undefined ? test : test.skip;
  afterAll(() => folders.close?.());

  conforming.each(kept)('is kept through the process: %s', async (name) => {
    const folder = resolve(import.meta.dirname, '..', '..', '..', 'plugins', 'sftp');
    const entry = pathToFileURL(join(folder, 'index.ts')).href;
    const isolated = await isolatedConnector({ folder, entry }, () => {});
    const [verdict] = await assess(
      isolated,
      folders,
      SCENARIOS.filter((each) => each.name === name),
    );
    expect(verdict).toMatchObject({ result: 'passed' });
  });
});
