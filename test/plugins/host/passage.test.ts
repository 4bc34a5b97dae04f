/** What a connector keeps in the spool on its way: charged when it crosses the wire, and given time while it moves. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Connection, NO_CAPS } from '../../../kernel/bandwidth.ts';
import { guardTarget } from '../../../plugins/host/guard-target.ts';
import { GUARD_LIMITS } from '../../../plugins/host/limits.ts';
import { Passage } from '../../../plugins/host/passage.ts';
import { Slots } from '../../../plugins/host/slots.ts';
import type { Connector, ConnectorError, Parcel, Spool, Target } from '../../../plugins/sdk/index.ts';
import { deliver, document, enterFhirHouse, type FhirHouse } from '../https-api/house.ts';
import { all, never, once, parcel, whole } from './house.ts';
import { MemorySpool } from './memory-spool.ts';

const TRAFFIC = { route: 'mig', rules: NO_CAPS };

/** Lets everything pass, and takes down what did. */
function counting(): { connection: Connection; passed: () => number } {
  let passed = 0;
  const pieces = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    passed += bytes.byteLength;
    yield bytes;
  };
  return { connection: { isCapped: true, pieces, close: () => {} }, passed: () => passed };
}

describe('a FHIR service within caps', () => {
  const counted = counting();
  let house: FhirHouse;
  beforeEach(async () => {
    house = await enterFhirHouse({}, undefined, { connection: () => counted.connection });
  });
  afterEach(() => house.leave());

  test('a document waits for bandwidth once, when it is sent, and not when it is staged', async () => {
    const target = await house.host.target({ ...house.endpoint(), traffic: TRAFFIC }, never());
    const { parcel: scan, body } = document('scan-1', 'x'.repeat(100_000));
    const staged = await target.stage(scan, once(body), never());
    expect(counted.passed()).toBe(0);
    const { targetId } = await target.commit(scan, staged, never());
    expect(counted.passed()).toBe(100_000);
    expect((await whole(target.read(targetId, 0, never()))).byteLength).toBe(100_000);
    expect(counted.passed()).toBe(200_000);
  });

  test('an export waits for bandwidth while it is downloaded', async () => {
    const before = counted.passed();
    house.server.store.create({ resourceType: 'Patient', text: { div: 'x'.repeat(50_000) } });
    const config = { types: ['Patient'], export: { level: 'system' } };
    const source = await house.host.source({ ...house.endpoint(config), traffic: TRAFFIC }, never());
    expect(await all(source.list(never()))).toHaveLength(1);
    expect(counted.passed() - before).toBeGreaterThan(50_000);
  });

  test('where nothing is capped a document goes its way', async () => {
    const target = await house.host.target(house.endpoint(), never());
    const before = counted.passed();
    await deliver(target, document('scan-2', 'the bytes'));
    expect(counted.passed()).toBe(before);
  });
});

describe('a long parcel that is sent from the spool', () => {
  const DEADLINE_MS = 1_000;
  const CHUNKS = 20;
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
  afterEach(() => void jest.useRealTimers());

  const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

  /** Sends each chunk in `chunkMs`, and is silent afterwards. */
  function sending(chunkMs: number, silentMs: number): (spool: Spool) => Target {
    return (spool) =>
      ({
        commit: async ({ key }: Parcel) => {
          for await (const _ of spool.read(key)) await pause(chunkMs);
          await pause(silentMs);
          return { targetId: key };
        },
        stat: async () => undefined,
      }) as unknown as Target;
  }

  function guarded(made: (spool: Spool) => Target, bandwidth?: Connection): Target {
    const spool = new MemorySpool();
    const long: Spool = {
      ...{ write: spool.write, remove: spool.remove },
      async *read() {
        for (let at = 0; at < CHUNKS; at++) yield Buffer.alloc(10);
      },
    };
    const connector = { id: 'slow', capabilities: { concurrencyMax: 1, staging: 'spool', shapes: ['bytes'] } };
    const limits = { ...GUARD_LIMITS, callDeadlineMs: DEADLINE_MS, lookUpsMax: 0 };
    const of = connector as unknown as Connector;
    const passage = new Passage(of, 'target', bandwidth);
    const guard = { connector: of, secrets: [], slots: new Slots(1), limits, passage, log: () => {} };
    return guardTarget(guard, made(passage.through(long)));
  }

  /** How a commit ends; the clock goes on until it does. */
  async function committed(target: Target): Promise<unknown> {
    let ended: unknown;
    const staged = { key: 'key-of-a', sizeBytes: 10 * CHUNKS, state: {} };
    target.commit(parcel('a'), staged, never()).then(
      (receipt) => {
        ended = receipt;
      },
      (error: ConnectorError) => {
        ended = error;
      },
    );
    for (let passed = 0; ended === undefined && passed < 5_000; passed++) await jest.advanceTimersByTimeAsync(50);
    return ended;
  }

  test('may take longer than a call, as long as it moves', async () => {
    expect(await committed(guarded(sending(DEADLINE_MS / 2, 0)))).toEqual({ targetId: 'key-of-a' });
  });

  test('is late when a chunk is, and may have arrived', async () => {
    expect(await committed(guarded(sending(DEADLINE_MS + 100, 0)))).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  });

  test('is late when the answer is', async () => {
    expect(await committed(guarded(sending(1, DEADLINE_MS + 100)))).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  });

  test('is not late for bandwidth it waits for', async () => {
    const pieces = async function* (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
      await pause(DEADLINE_MS * 5);
      yield bytes;
    };
    const bandwidth = { isCapped: true, pieces, close: () => {} };
    expect(await committed(guarded(sending(1, 0), bandwidth))).toEqual({ targetId: 'key-of-a' });
  });
});
