import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSpill } from '../../../records/profile/file-spill.ts';
import { Identities } from '../../../records/profile/identities.ts';
import { memorySpill, type Spill } from '../../../records/profile/spill.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'waybill-spill-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function* bytes(...chunks: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function read(spill: Spill, name: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of spill.read(name)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a spill on disk', () => {
  test('keeps what is written, for its owner alone, until it is removed', async () => {
    const folder = join(root, 'kept');
    const spill = await FileSpill.open(folder);
    await spill.write('a-1', bytes('one', 'two'));
    await spill.write('a-1', bytes('three'));
    expect(await read(spill, 'a-1')).toBe('three');
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'a-1.run'))).mode & 0o777).toBe(0o600);
    await spill.remove('a-1');
    expect(await readdir(folder)).toEqual([]);
    await expect(read(spill, 'a-1')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('keeps what a checkpoint may still name until it is swept, and what was written anew after that', async () => {
    const folder = join(root, 'swept');
    const spill = await FileSpill.open(folder, { keepsRemoved: true });
    await spill.write('a-1', bytes('one'));
    await spill.write('a-2', bytes('two'));
    await spill.remove('a-1');
    await spill.remove('a-2');
    expect(await read(spill, 'a-1')).toBe('one');
    await spill.write('a-2', bytes('anew'));
    await spill.sweep();
    expect(await readdir(folder)).toEqual(['a-2.run']);
  });

  test('refuses to take more than its limit, and has room again for what was removed', async () => {
    const spill = await FileSpill.open(join(root, 'limited'), { bytesMax: 8 });
    await spill.write('a-1', bytes('12345'));
    await spill.remove('a-1');
    await spill.write('a-2', bytes('12345'));
    await expect(spill.write('a-3', bytes('12345'))).rejects.toMatchObject({ code: 'SPACE_EXHAUSTED' });
  });

  test('makes the same findings as memory', async () => {
    const found = async (spill: Spill) => {
      const identities = new Identities(spill, 'part');
      const key = identities.fieldNumber({ kind: 'table', path: 'id', namespace: 'PATIENT', use: 'key' });
      for (let run = 0; run < 70; run++) {
        for (let each = 0; each < 20; each++)
          identities.add(key, String(run * 19 + each), { item: run + 1, record: each });
        await identities.putAside();
      }
      const { duplicates } = await identities.count();
      await identities.discard();
      return duplicates.map(({ places }) => places.toJson());
    };
    const folder = join(root, 'same');
    expect(await found(await FileSpill.open(folder))).toEqual(await found(memorySpill()));
    expect(await readdir(folder)).toEqual([]);
  });
});
