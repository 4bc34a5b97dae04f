import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { linesToParquet, quoted, withColumnar } from '../../runtime/columnar.ts';
import { openStrongroom, sealLines, type Strongroom } from '../../runtime/strongroom.ts';

const COLUMNS = {
  path: 'VARCHAR',
  sizeBytes: 'BIGINT',
  sha256: 'VARCHAR',
  problem: 'STRUCT(code VARCHAR, position VARCHAR)',
};

describe('columns', () => {
  let directory: string;
  let room: Strongroom;
  const limits = () => ({ memoryMaxMb: 512, directory: join(directory, 'spill') });

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "waybill o'columns-"));
    room = await openStrongroom(directory);
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  test('give a sealed manifest a Parquet twin that says the same, and whose digest repeats', async () => {
    const lines = Array.from({ length: 60_000 }, (_, at) => ({
      path: `dept "a"/päivä\n${at}`,
      sizeBytes: at,
      sha256: 'ab'.repeat(32),
      // What only a late line has must not be lost.
      ...(at === 59_000 ? { problem: { code: 'HL7_NOT_A_MESSAGE', position: '1' } } : {}),
    }));
    const sealed = await sealLines(room, lines);
    const twin = await linesToParquet(room, sealed.digest, COLUMNS, limits());
    expect(await linesToParquet(room, sealed.digest, COLUMNS, limits())).toBe(twin);
    const path = await room.locate(twin);
    const rows = await withColumnar(async (db) => {
      const found = await db.runAndReadAll(`select count(*)::int as n, sum(sizeBytes)::int as bytes,
        count(problem)::int as problems, min(path) as first from read_parquet(${quoted(path)})`);
      return found.getRowObjectsJson();
    }, limits());
    expect(rows).toEqual([{ n: 60_000, bytes: 1_799_970_000, problems: 1, first: 'dept "a"/päivä\n0' }]);
    expect(await readdir(limits().directory)).toEqual([]);
  });

  test('take an empty manifest too', async () => {
    const sealed = await sealLines(room, []);
    expect(await linesToParquet(room, sealed.digest, COLUMNS, limits())).toMatch(/^[0-9a-f]{64}$/);
  });

  test('load and install nothing, and cannot be told to', async () => {
    await withColumnar(async (db) => {
      await expect(db.run("select * from read_csv('https://127.0.0.1:1/x.csv')")).rejects.toThrow();
      await expect(db.run('set autoload_known_extensions = true')).rejects.toThrow(/locked/);
    }, limits());
  });

  test('that need more memory than they may take say so, and what to set', async () => {
    const small = { memoryMaxMb: 24, directory: limits().directory, setBy: 'the policy' };
    const work = withColumnar((db) => db.run('select list(i) from range(20000000) t(i)'), small);
    await expect(work).rejects.toMatchObject({
      code: 'COLUMNS_MEMORY_EXCEEDED',
      message: 'the columns of this need more than the 24 MB they may take; set the policy to more',
    });
  });

  test('clean up after work that fails', async () => {
    await expect(withColumnar(() => Promise.reject(new Error('work failed')), limits())).rejects.toThrow('work failed');
    expect(await readdir(limits().directory)).toEqual([]);
  });
});
