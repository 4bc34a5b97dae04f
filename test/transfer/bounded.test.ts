/** Thousands of items cost what they cost one by one: nothing is gathered. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Readable } from 'node:stream';
import { sha256 } from '../../kernel/digest.ts';
import type { Strongroom } from '../../runtime/strongroom.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { Rig } from './rig.ts';

/** Enough that gathering them would be seen; each costs more on PostgreSQL. */
const ITEMS = { sqlite: 10_000, postgresql: 2_000 } as const;
const CONCURRENCY = 8;

onEveryDialect('thousands of small items', (dialect) => {
  let place: Place;
  beforeEach(async () => {
    place = await dialect.enter();
  });
  afterEach(() => place.leave());

  test('move with no more of them in flight than the policy says, and few transactions', async () => {
    const rig = await Rig.open(place, {
      policy: { approval: { launch: 'not-required' }, transfer: { concurrency: CONCURRENCY } },
    });
    const items = ITEMS[dialect.dialect];
    const files = Object.fromEntries(
      Array.from({ length: items }, (_, at) => [`${at}`.padStart(6, '0'), `item ${at}`]),
    );
    await rig.declare({ name: 'many', files });
    await rig.launch();
    let inFlight = 0;
    let inFlightMost = 0;
    let transactions = 0;
    let reading = 0;
    let readingMost = 0;
    const watched = rig.watched((call) => {
      if (call === 'source.read before') reading += 1;
      if (call === 'source.read after') reading -= 1;
      readingMost = Math.max(readingMost, reading);
      if (call === 'target.stage before') inFlight += 1;
      if (call === 'target.commit after') inFlight -= 1;
      if (call === 'store.transact before') transactions += 1;
      inFlightMost = Math.max(inFlightMost, inFlight);
    });
    const context = { ...watched, strongroom: smallOnesInMemory(watched.strongroom) };
    await rig.workOnce(context);
    expect(readingMost).toBeLessThanOrEqual(CONCURRENCY);
    await rig.workOnce(context);
    expect(await rig.batch('many')).toMatchObject({ state: 'moved', moved: items, setAside: 0, failed: 0 });
    expect(rig.target.files.size).toBe(items);
    expect(inFlightMost).toBeLessThanOrEqual(CONCURRENCY);
    expect(transactions).toBeLessThan(items);
  });
});

/** The disk is not what is looked at here. */
function smallOnesInMemory(room: Strongroom): Strongroom {
  const kept = new Map<string, Buffer>();
  return {
    ...room,
    async put(bytes) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of bytes) chunks.push(Uint8Array.from(chunk));
      const whole = Buffer.concat(chunks);
      if (whole.byteLength > 100) return room.put([whole]);
      const digest = sha256(whole);
      kept.set(digest, whole);
      return { digest, sizeBytes: whole.byteLength };
    },
    read(digest) {
      const whole = kept.get(digest);
      return whole === undefined ? room.read(digest) : Readable.from([whole]);
    },
    scan(digest) {
      return this.read(digest);
    },
  };
}
