import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { guardSource } from '../../../plugins/host/guard-source.ts';
import { GUARD_LIMITS } from '../../../plugins/host/limits.ts';
import { Passage } from '../../../plugins/host/passage.ts';
import { Slots } from '../../../plugins/host/slots.ts';
import type { Connector, Item, Receipt, Source } from '../../../plugins/sdk/index.ts';
import { all, enterHouse, never, once, parcel, whole, type House } from './house.ts';

const LARGE = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at & 0xff));

describe('reading through the host', () => {
  let house: House;
  beforeEach(async () => {
    house = await enterHouse();
    house.place.put('a', LARGE);
  });
  afterEach(() => house.leave());

  test('a read that breaks goes on where it broke, and the reader sees one whole stream', async () => {
    for (const nth of [1, 2, 3]) {
      const effect = { kind: 'fail', code: 'STREAM_TRUNCATED', atByte: nth * 70_000 } as const;
      house.place.plant({ on: 'read', path: 'a', nth, effect });
    }
    const source = await house.source();
    expect(Buffer.compare(await whole(source.read('a', 0, never())), LARGE)).toBe(0);
    expect(house.log.filter(({ fact }) => fact === 'connector-retry')).toHaveLength(3);
  });

  test('a failure that stays is given up after the named number of retries, with its own code', async () => {
    house.place.plant({ on: 'read', effect: { kind: 'fail', code: 'UNAVAILABLE' } });
    const source = await house.source();
    await expect(whole(source.read('a', 0, never()))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retry: 'transient',
    });
    expect(house.log).toHaveLength(4);
  });

  test('a permanent failure is not tried again', async () => {
    house.place.plant({ on: 'read', nth: 1, effect: { kind: 'fail', code: 'ITEM_CHANGED' } });
    const source = await house.source();
    await expect(whole(source.read('a', 0, never()))).rejects.toMatchObject({ code: 'ITEM_CHANGED', subject: 'a' });
    expect(house.log).toEqual([]);
  });

  test('a longer Retry-After than the host waits for is handed on to whoever scheduled the work', async () => {
    const effect = { kind: 'fail', code: 'RATE_LIMITED', retryAfterMs: 3_600_000 } as const;
    house.place.plant({ on: 'read', effect });
    const source = await house.source();
    const read = whole(source.read('a', 0, never()));
    await expect(read).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: 3_600_000 });
  });

  test('an error nobody foresaw is the connector’s defect, and its words stay behind', async () => {
    house.place.plant({ on: 'read', effect: { kind: 'defect', message: 'Unexpected token in "Jane Doe, 1970"' } });
    const source = await house.source();
    const error = await whole(source.read('a', 0, never())).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'CONNECTOR_DEFECT', retry: 'permanent' });
    expect(`${(error as Error).stack}${String((error as Error).cause)}`).not.toContain('Jane');
    expect(((error as Error).cause as Error).stack).toContain('plugins/memory');
  });

  test('a connector that falls silent is unavailable, not waited for', async () => {
    await house.leave();
    house = await enterHouse({ idleDeadlineMs: 20, retriesMax: 1 });
    house.place.put('a', LARGE);
    house.place.plant({ on: 'read', nth: 1, effect: { kind: 'hang' } });
    const source = await house.source();
    expect(Buffer.compare(await whole(source.read('a', 0, never())), LARGE)).toBe(0);
    house.place.plant({ on: 'read', effect: { kind: 'hang' } });
    await expect(whole(source.read('a', 0, never()))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  test('a caller who stops is told so, and the place in the queue is free again', async () => {
    await house.leave();
    house = await enterHouse({ retriesMax: 0 });
    house.place.put('a', LARGE);
    house.place.plant({ on: 'read', path: 'a', nth: 1, effect: { kind: 'hang' } });
    const source = await house.source();
    const stop = new AbortController();
    const read = whole(source.read('a', 0, stop.signal));
    stop.abort(new Error('shutting down'));
    await expect(read).rejects.toMatchObject({ code: 'ABORTED', retry: 'transient' });
    expect(await whole(source.read('a', 0, never()))).toHaveLength(LARGE.length);
  });

  test('no more reads run at once than the connector allows, and leaving early makes room', async () => {
    const source = await house.source();
    const most = house.host.capabilities('memory').concurrencyMax;
    const readers = Array.from({ length: most }, () => source.read('a', 0, never())[Symbol.asyncIterator]());
    await Promise.all(readers.map((reader) => reader.next()));
    let isServed = false;
    const late = whole(source.read('a', 0, never())).then(() => {
      isServed = true;
    });
    // Every reader holds its place, so the late one has none however often the event loop turns.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(isServed).toBe(false);
    await readers[0]?.return?.();
    await late;
    expect(isServed).toBe(true);
    for (const reader of readers) await reader.return?.();
  });

  test('a path that leaves the root never reaches the connector', async () => {
    const source = await house.source();
    await expect(whole(source.read('../a', 0, never()))).rejects.toMatchObject({ code: 'PATH_REFUSED' });
  });
});

describe('listing through the host', () => {
  let house: House;
  beforeEach(async () => {
    house = await enterHouse();
  });
  afterEach(() => house.leave());

  test('an item whose path leaves the root is refused', async () => {
    house.place.put('../../etc/passwd', 'x');
    const source = await house.source();
    await expect(all(source.list(never()))).rejects.toMatchObject({ code: 'PATH_REFUSED' });
  });

  test('a listing begins again only while nothing was yielded', async () => {
    house.place.put('a', 'x');
    house.place.plant({ on: 'list', path: '', nth: 1, effect: { kind: 'fail', code: 'UNAVAILABLE' } });
    const source = await house.source();
    expect(await all(source.list(never()))).toHaveLength(1);
  });

  test('items can be read while they are listed', async () => {
    for (let at = 0; at < 40; at++) house.place.put(`item-${at}`, 'x');
    const source = await house.source();
    const lists = Array.from({ length: 20 }, async () => {
      for await (const item of source.list(never())) await whole(source.read(item.path, 0, never()));
    });
    await Promise.all(lists);
  });
});

describe('writing through the host', () => {
  let house: House;
  beforeEach(async () => {
    house = await enterHouse();
  });
  afterEach(() => house.leave());

  const deliver = async (path: string, text: string): Promise<Receipt> => {
    const target = await house.target();
    const staged = await target.stage(parcel(path), once(text), never());
    return target.commit(parcel(path), staged, never());
  };

  test.each([true, false])('a commit without an answer is looked up and lands once (landed: %s)', async (landed) => {
    house.place.plant({ on: 'commit', nth: 1, effect: { kind: 'drop', landed } });
    expect(await deliver('a', 'x')).toEqual({ targetId: 'a' });
    expect([...house.place.files.keys()]).toEqual(['a']);
    expect(house.log.map(({ fact }) => fact)).toEqual(['connector-look-up']);
  });

  test('a commit that is never answered stays ambiguous, and says so', async () => {
    house.place.plant({ on: 'commit', effect: { kind: 'drop', landed: false } });
    await expect(deliver('a', 'x')).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', retry: 'ambiguous' });
  });

  test('a source that breaks while it is staged is the source’s fault, whatever the target makes of it', async () => {
    const target = await house.target();
    const source = await house.source();
    house.place.put('source', 'bytes');
    house.place.plant({ on: 'read', effect: { kind: 'fail', code: 'ITEM_CHANGED', atByte: 2 } });
    const stage = target.stage(parcel('a'), source.read('source', 0, never()), never());
    await expect(stage).rejects.toMatchObject({ code: 'ITEM_CHANGED', subject: 'source' });
  });

  test('a stage that fails before it took a byte is tried again; one that took some is not', async () => {
    house.place.plant({ on: 'stage', nth: 1, effect: { kind: 'fail', code: 'UNAVAILABLE' } });
    expect(await deliver('a', 'x')).toEqual({ targetId: 'a' });
    house.place.plant({ on: 'stage', path: 'b', effect: { kind: 'fail', code: 'UNAVAILABLE', atByte: 0 } });
    await expect(deliver('b', 'x')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(house.log).toHaveLength(1);
  });

  test('a parcel of a shape the target does not take is refused by name', async () => {
    const target = await house.target();
    const odd = { ...parcel('a'), shape: 'pictures' as 'bytes' };
    await expect(target.stat(odd, never())).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  });
});

describe('a source that has to prepare its listing', () => {
  const IDLE_MS = 20;

  /** Yields after a while, and then never again. */
  async function* prepared(): AsyncGenerator<Item> {
    await sleep(5 * IDLE_MS);
    yield { path: 'a', sizeBytes: 1 };
    await new Promise(() => {});
  }

  function guarded(preparationMaxMs: number | undefined, preparationMostMs = 600_000): Source {
    const limits = { ...GUARD_LIMITS, idleDeadlineMs: IDLE_MS, retriesMax: 0, preparationMostMs };
    const connector = { id: 'slow', capabilities: { concurrencyMax: 1, preparationMaxMs } } as Connector;
    const passage = new Passage(connector);
    const guard = { connector, secrets: [], slots: new Slots(1), limits, passage, log: () => {} };
    const nothing = async function* (): AsyncGenerator<Uint8Array> {};
    return guardSource(guard, { list: prepared, listFrom: prepared, read: nothing, close: async () => {} });
  }

  const listings = {
    'in no order': (source: Source) => source.list(never()),
    'from a path on': (source: Source) => source.listFrom?.('', never()) ?? source.list(never()),
  };

  test.each(Object.entries(listings))(
    '%s is given the time it declares for its first item alone',
    async (_how, list) => {
      const listing = list(guarded(600_000))[Symbol.asyncIterator]();
      expect(await listing.next()).toMatchObject({ value: { path: 'a' } });
      await expect(listing.next()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    },
  );

  test.each([
    ['declares none', undefined, 600_000],
    ['asks for more than anybody waits', 600_000, 1],
  ])('is late like any other when it %s', async (_what, declared, most) => {
    await expect(all(guarded(declared, most).list(never()))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
