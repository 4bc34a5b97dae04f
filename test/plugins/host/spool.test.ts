import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../kernel/clock.ts';
import { fileSpool } from '../../../plugins/host/index.ts';
import { once, whole } from './house.ts';

let directory: string;
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'spool-')), 'spool');
});
afterEach(() => rm(join(directory, '..'), { recursive: true }));

test('what was written is read after a restart', async () => {
  expect(await fileSpool(directory, systemClock).write('a/../key', once('bytes'))).toBe(5);
  expect(String(await whole(fileSpool(directory, systemClock).read('a/../key')))).toBe('bytes');
});

test('writing again replaces, removing twice is fine, and then there is nothing', async () => {
  const spool = fileSpool(directory, systemClock);
  await spool.write('key', once('first'));
  await spool.write('key', once('second'));
  expect(String(await whole(spool.read('key')))).toBe('second');
  await spool.remove('key');
  await spool.remove('key');
  await expect(whole(spool.read('key'))).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
});

test('many that write and remove side by side each keep their own, and a folder that went is made again', async () => {
  const spool = fileSpool(directory, systemClock);
  const keys = Array.from({ length: 64 }, (_, at) => `key-${at}`);
  for (const _ of [1, 2]) {
    await Promise.all(keys.map((key) => spool.write(key, once(`bytes of ${key}`))));
    await Promise.all(keys.slice(32).map((key) => spool.remove(key)));
    const again = fileSpool(directory, systemClock);
    const read = await Promise.all(keys.slice(0, 32).map((key) => whole(again.read(key))));
    expect(read.map(String)).toEqual(keys.slice(0, 32).map((key) => `bytes of ${key}`));
    expect(await readdir(directory)).toHaveLength(32);
    await rm(directory, { recursive: true });
  }
});

test('a stream that breaks leaves what was there and no half-written file', async () => {
  const spool = fileSpool(directory, systemClock);
  await spool.write('key', once('whole'));
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half');
    throw new Error('the cable was pulled');
  };
  await expect(spool.write('key', broken())).rejects.toThrow('the cable was pulled');
  expect(String(await whole(spool.read('key')))).toBe('whole');
  expect(await readdir(directory)).toHaveLength(1);
});

test('nobody else may read what is spooled, and its name says nothing', async () => {
  await fileSpool(directory, systemClock).write('patient-smith', once('x'));
  const [name = ''] = await readdir(directory);
  expect(name).toMatch(/^[0-9a-f]{64}$/);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await stat(join(directory, name))).mode & 0o777).toBe(0o600);
  await chmod(directory, 0o700);
});
