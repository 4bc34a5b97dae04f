import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
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

describe('what is lost without harm', () => {
  const MIB = 1024 * 1024;
  const long = once('x'.repeat(MIB + 1));

  test('is read, replaced and removed like everything else, and gone after a restart', async () => {
    const spool = fileSpool(directory, systemClock);
    expect(await spool.write('key', once('first'), 'fleeting')).toBe(5);
    expect(await spool.write('key', once('second'), 'fleeting')).toBe(6);
    expect(String(await whole(spool.read('key')))).toBe('second');
    const restarted = fileSpool(directory, systemClock);
    await expect(whole(restarted.read('key'))).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
    await spool.remove('key');
    await spool.remove('key');
    await expect(whole(spool.read('key'))).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
  });

  test('and what lasts replace each other, and nothing older comes back after a restart', async () => {
    const spool = fileSpool(directory, systemClock);
    await spool.write('key', once('lasting'));
    await spool.write('key', once('fleeting'), 'fleeting');
    expect(String(await whole(spool.read('key')))).toBe('fleeting');
    expect(await readdir(directory)).toEqual([]);
    await spool.write('key', once('lasting again'));
    expect(String(await whole(spool.read('key')))).toBe('lasting again');
    expect(String(await whole(fileSpool(directory, systemClock).read('key')))).toBe('lasting again');
  });

  test('goes to the disk, whole, where it is long', async () => {
    const spool = fileSpool(directory, systemClock);
    await spool.write('key', once('short'), 'fleeting');
    expect(await spool.write('key', long, 'fleeting')).toBe(MIB + 1);
    expect((await whole(spool.read('key'))).byteLength).toBe(MIB + 1);
    expect((await whole(fileSpool(directory, systemClock).read('key'))).byteLength).toBe(MIB + 1);
  });

  test('goes to the disk while 16 MiB are held, and into memory again once some is gone', async () => {
    const spool = fileSpool(directory, systemClock);
    const keys = Array.from({ length: 40 }, (_, at) => `key-${at}`);
    const write = (key: string) => spool.write(key, once(key.padEnd(MIB / 2)), 'fleeting');
    await Promise.all(keys.map(write));
    expect(await readdir(directory)).toHaveLength(9);
    for (const key of keys) expect(String(await whole(spool.read(key))).trimEnd()).toBe(key);
    for (const key of keys) await spool.remove(key);
    for (const key of keys.slice(9)) await write(key);
    expect(await readdir(directory)).toEqual([]);
  });

  test('takes memory even where it is empty, and is counted so', async () => {
    const spool = fileSpool(directory, systemClock);
    for (let at = 0; at < 32; at++) await spool.write(`${at}`.padEnd(MIB / 4, '-'), once(''), 'fleeting');
    expect(await readdir(directory)).toHaveLength(1);
  });

  test('stays as it was handed over, and as it was where its successor broke', async () => {
    const spool = fileSpool(directory, systemClock);
    const memory = Buffer.from('bytes');
    const lent = async function* (): AsyncGenerator<Uint8Array> {
      yield memory;
    };
    await spool.write('key', lent(), 'fleeting');
    memory.fill(0);
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      throw new Error('the cable was pulled');
    };
    for (const lasting of ['fleeting', undefined] as const) {
      await expect(spool.write('key', broken(), lasting)).rejects.toThrow('the cable was pulled');
      expect(String(await whole(spool.read('key')))).toBe('bytes');
    }
  });
});

describe('a spool that may hold so much', () => {
  const BLOCK = 4096;
  const full = { code: 'SPACE_EXHAUSTED', message: expect.stringContaining('WAYBILL_SPOOL_MAX_BYTES') };

  test('takes that much and no more, of one file or of many short ones, and more once some is gone', async () => {
    const spool = fileSpool(directory, systemClock, 3 * BLOCK);
    await expect(spool.write('long', once('x'.repeat(3 * BLOCK + 1)))).rejects.toMatchObject(full);
    expect(await readdir(directory)).toEqual([]);
    for (const key of ['one', 'two', 'three']) await spool.write(key, once('short'));
    await expect(spool.write('four', once(''))).rejects.toMatchObject(full);
    await spool.remove('two');
    await spool.write('four', once('short'));
    await expect(spool.write('two', once('short'))).rejects.toMatchObject(full);
  });

  test('counts what was there before it, and what replaces something once', async () => {
    await fileSpool(directory, systemClock).write('before', once('x'.repeat(2 * BLOCK)));
    const spool = fileSpool(directory, systemClock, 4 * BLOCK);
    await expect(spool.write('more', once('x'.repeat(2 * BLOCK + 1)))).rejects.toMatchObject(full);
    for (const _ of [1, 2, 3]) await spool.write('again', once('x'));
    await spool.write('before', once('x'));
    for (const key of ['more', 'and more']) await spool.write(key, once('x'));
  });

  test('holds it against many that write at once, and against what others wrote since it was counted', async () => {
    let nowMs = 0;
    const clock = { ...systemClock, now: () => new Date(nowMs) };
    const spool = fileSpool(directory, clock, 5 * BLOCK);
    const keys = Array.from({ length: 20 }, (_, at) => `key-${at}`);
    const written = await Promise.allSettled(keys.map((key) => spool.write(key, once('x'))));
    expect(written.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(await readdir(directory)).toHaveLength(5);
    await spool.remove('key-0');
    await fileSpool(directory, clock).write('of somebody else', once('x'));
    nowMs += 3_600_000;
    await expect(spool.write('late', once('x'))).rejects.toMatchObject(full);
  });
});
