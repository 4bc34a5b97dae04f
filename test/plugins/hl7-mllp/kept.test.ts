/** What a listener has kept is a source like any other: these are the promises of the conformance kit. */
import { describe, expect, test } from '@jest/globals';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { MllpSender } from '../../../plugins/peers/mllp-sender.ts';
import type { Source } from '../../../plugins/sdk/index.ts';
import { all, whole } from '../host/house.ts';
import { message } from './house.ts';
import { codes, listeners, pathsOf, shelf } from './listeners.ts';

const { listening, sender, folder } = listeners();
const HOSTILE = ['', '/a', '..', '../a', 'a/../../b', 'a//b', './a', 'a/', 'a\0b', 'a'.repeat(5_000)];
const MANY = 100;
const LONG = 'x'.repeat(1_000_000);

/** A listener that has taken these messages in. */
async function holding(...sent: readonly string[]): Promise<{ source: Source; client: MllpSender }> {
  const { source } = await listening();
  const client = await sender();
  for (const each of sent) expect(codes(await client.send(each))).toEqual(['AA']);
  return { source, client };
}

describe('what a listener has kept', () => {
  const never = new AbortController().signal;

  test('is nothing in an empty folder, and has no order', async () => {
    const { source } = await listening();
    expect(await pathsOf(source)).toEqual([]);
    expect(source.listFrom).toBeUndefined();
  });

  test('is listed again as before, with the size and time of its files, and reading changes neither', async () => {
    const { source } = await holding(message('C1'), message('C2', '', LONG));
    const first = await all(source.list(never));
    for (const { path } of first) await whole(source.read(path, 0, never));
    expect(await all(source.list(never))).toEqual(first);
    for (const { path, sizeBytes, modifiedAt } of first) {
      const { size, mtime } = await stat(join(folder(), path));
      expect({ sizeBytes, modifiedAt }).toEqual({ sizeBytes: size, modifiedAt: mtime.toISOString() });
    }
  });

  test('stays on the list, once, while messages come', async () => {
    const ids = Array.from({ length: MANY }, (_, at) => `C${at}`);
    const { source, client } = await holding(...ids.map((id) => message(id)));
    const listed: string[] = [];
    for await (const { path } of source.list(never)) {
      if (listed.length % 20 === 0) await client.send(message(`N${listed.length}`));
      listed.push(path);
    }
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed).toEqual(expect.arrayContaining(ids.map((id) => shelf(id))));
  });

  test.each(HOSTILE.map((path) => [path.slice(0, 20), path]))('refuses the path %j', async (_, path) => {
    const { source } = await listening();
    await expect(whole(source.read(path, 0, never))).rejects.toMatchObject({ code: 'PATH_REFUSED' });
  });

  test.each(['missing/item', shelf('never sent')])('has no item %j', async (path) => {
    const { source } = await listening();
    await expect(whole(source.read(path, 0, never))).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
  });

  test('is listed and read no further than it is stopped, and can be read afterwards', async () => {
    const { source } = await holding(message('C1', '', LONG), message('C2'));
    const stopped = AbortSignal.abort();
    await expect(all(source.list(stopped))).rejects.toThrow();
    await expect(whole(source.read(shelf('C1'), 0, stopped))).rejects.toThrow();
    const stop = new AbortController();
    const reading = async () => {
      for await (const _ of source.read(shelf('C1'), 0, stop.signal)) stop.abort();
    };
    await expect(reading()).rejects.toThrow();
    for await (const _ of source.read(shelf('C1'), 0, never)) break;
    expect(await whole(source.read(shelf('C1'), 0, never))).toHaveLength(message('C1', '', LONG).length);
  });

  test('is read together without mixing, in chunks that keep their bytes', async () => {
    const sent = [message('C1', '', LONG), message('C2', '', LONG.replaceAll('x', 'y')), message('C3')];
    const { source } = await holding(...sent);
    const read = await Promise.all(['C1', 'C2', 'C3'].map((id) => all(source.read(shelf(id), 0, never))));
    expect(read.map((chunks) => Buffer.concat(chunks).toString('latin1') === sent[read.indexOf(chunks)])).toEqual([
      true,
      true,
      true,
    ]);
    expect(read.flat().filter(({ byteLength }) => byteLength === 0 || byteLength > 8 * 1024 * 1024)).toEqual([]);
  });
});
