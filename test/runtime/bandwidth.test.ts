import { describe, expect, test } from '@jest/globals';
import { type BandwidthRules, capsAt, type Connection, NO_CAPS } from '../../kernel/bandwidth.ts';
import { fixedClock } from '../../kernel/clock.ts';
import { Bandwidth } from '../../runtime/bandwidth.ts';

const START = new Date('2026-03-02T12:00:00Z');
const WINDOW_MS = 10_000;
const CAP = 1_000_000;

/** A clock that leaps from one wait to the next. */
function world() {
  const clock = fixedClock(START);
  const alarms: { readonly atMs: number; readonly done: () => void }[] = [];
  const after = (ms: number, done: () => void): void => void alarms.push({ atMs: clock.elapsedMs() + ms, done });
  const bandwidth = new Bandwidth({ clock, after });
  const run = async (ms: number): Promise<void> => {
    const endMs = clock.elapsedMs() + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      alarms.sort((one, other) => one.atMs - other.atMs);
      const next = alarms[0];
      if (next === undefined || next.atMs > endMs) break;
      alarms.shift();
      clock.advance(Math.max(0, next.atMs - clock.elapsedMs()));
      next.done();
    }
    clock.advance(endMs - clock.elapsedMs());
  };
  const processWith = (share: number) => new Bandwidth({ clock, after, share });
  return { clock, bandwidth, processWith, run };
}

function capped(level: 'house' | 'route' | 'connection', bytesPerSecondMax: number): BandwidthRules {
  return { ...NO_CAPS, [level]: { bytesPerSecondMax, hours: [] } };
}

interface Moved {
  readonly atMs: number;
  readonly bytes: number;
}

/** Moves chunks of these sizes, one after the other and again from the first, until it is stopped. */
async function move(
  { clock }: ReturnType<typeof world>,
  connection: Connection,
  sizes: readonly number[],
  ledger: Moved[],
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; !signal.aborted; at++) {
    const chunk = new Uint8Array(sizes[at % sizes.length] ?? 1);
    for await (const piece of connection.pieces(chunk, signal)) {
      ledger.push({ atMs: clock.elapsedMs(), bytes: piece.byteLength });
    }
  }
}

const total = (ledger: readonly Moved[]): number => ledger.reduce((sum, { bytes }) => sum + bytes, 0);

function mostInAnyWindow(ledger: readonly Moved[]): number {
  let [first, held, most] = [0, 0, 0];
  for (const { atMs, bytes } of ledger) {
    held += bytes;
    for (; (ledger[first]?.atMs ?? 0) < atMs - WINDOW_MS; first++) held -= ledger[first]?.bytes ?? 0;
    most = Math.max(most, held);
  }
  return most;
}

describe('bandwidth', () => {
  const sizes = [[65_536], [1], [3_000_000], [7, 65_536, 900_000, 300], [250_000], [999_999, 2]];

  test.each(
    sizes.flatMap((each) => (['house', 'route', 'connection'] as const).map((level) => [level, each] as const)),
  )('a cap on the %s is never passed in any ten seconds, and used to within a twentieth: %j', async (level, chunks) => {
    const here = world();
    const cap = chunks[0] === 1 ? 65_536 / 64 : CAP;
    const connection = here.bandwidth.connection('mig', capped(level, cap));
    const stop = new AbortController();
    const ledger: Moved[] = [];
    const moving = move(here, connection, chunks, ledger, stop.signal).catch(() => {});
    await here.run(60_000);
    stop.abort();
    await moving;
    expect(mostInAnyWindow(ledger)).toBeLessThanOrEqual(cap * 10);
    expect(total(ledger)).toBeGreaterThanOrEqual(cap * 60 * 0.95);
    expect(total(ledger)).toBeLessThanOrEqual(cap * 60);
  });

  test('connections that share a cap share it evenly, whatever their chunks, and together keep it', async () => {
    const here = world();
    const stop = new AbortController();
    const ledgers: Moved[][] = [[], [], []];
    const all: Moved[] = [];
    const moving = ledgers.map((ledger, at) => {
      const both = { push: (moved: Moved) => ledger.push(moved) + all.push(moved) } as unknown as Moved[];
      const connection = here.bandwidth.connection(`mig-${at % 2}`, capped('house', CAP));
      return move(here, connection, [[1_000], [64_000], [2_000_000]][at] ?? [], both, stop.signal).catch(() => {});
    });
    await here.run(60_000);
    stop.abort();
    await Promise.all(moving);
    expect(mostInAnyWindow(all)).toBeLessThanOrEqual(CAP * 10);
    for (const ledger of ledgers) expect(Math.abs(total(ledger) / total(all) - 1 / 3)).toBeLessThan(0.02);
  });

  test('new rules of a route hold for what is under way, and the strictest for the house', async () => {
    const here = world();
    const stop = new AbortController();
    const ledger: Moved[] = [];
    const first = here.bandwidth.connection('one', capped('house', CAP));
    const moving = move(here, first, [65_536], ledger, stop.signal).catch(() => {});
    await here.run(20_000);
    const before = total(ledger);
    const second = here.bandwidth.connection('two', capped('house', CAP / 10));
    await here.run(20_000);
    const slow = total(ledger) - before;
    expect(slow).toBeLessThanOrEqual((CAP / 10) * 20);
    second.close();
    await here.run(20_000);
    expect(total(ledger) - before - slow).toBeGreaterThan(CAP * 20 * 0.95);
    stop.abort();
    await moving;
  });

  test.each([
    ['lowered', CAP, CAP / 20],
    ['raised', CAP / 20, CAP],
  ])('caps that are %s while bytes move hold from that instant on, and until they are lifted', async (_, from, to) => {
    const here = world();
    const stop = new AbortController();
    const ledger: Moved[] = [];
    const connection = here.bandwidth.connection('mig', capped('route', from));
    const moving = move(here, connection, [900_000, 70], ledger, stop.signal).catch(() => {});
    await here.run(30_000);
    const changedAtMs = here.clock.elapsedMs();
    here.bandwidth.order('mig', { rules: capped('route', to), since: '2026-01-02' });
    // What was decided before it may be heard after it.
    here.bandwidth.order('mig', { rules: null, since: '2026-01-01' });
    // Whatever batches are opened with, what was ordered holds.
    here.bandwidth.connection('mig', capped('route', from));
    await here.run(30_000);
    const liftedAtMs = here.clock.elapsedMs();
    here.bandwidth.order('mig', { rules: null, since: '2026-01-03' });
    await here.run(30_000);
    stop.abort();
    await moving;
    const [before, during, after] = [
      ledger.filter(({ atMs }) => atMs <= changedAtMs),
      ledger.filter(({ atMs }) => atMs > changedAtMs && atMs <= liftedAtMs),
      ledger.filter(({ atMs }) => atMs > liftedAtMs),
    ];
    for (const [part, cap] of [[before, from] as const, [during, to] as const, [after, from] as const]) {
      expect(mostInAnyWindow(part)).toBeLessThanOrEqual(cap * 10);
      expect(total(part)).toBeGreaterThan(cap * 30 * 0.95 - cap);
    }
  });

  test('processes that share caps keep them together, and each may use a connection whole', async () => {
    const here = world();
    const stop = new AbortController();
    const ledger: Moved[] = [];
    for (const share of [0.5, 0.25, 0.25]) {
      const each = here.processWith(share);
      const connection = each.connection('mig', capped('route', CAP));
      void move(here, connection, [65_536, 9], ledger, stop.signal).catch(() => {});
    }
    const alone: Moved[] = [];
    const own = here.processWith(0.25).connection('other', capped('connection', CAP));
    void move(here, own, [65_536], alone, stop.signal).catch(() => {});
    await here.run(60_000);
    stop.abort();
    for (const each of [ledger, alone]) {
      expect(mostInAnyWindow(each)).toBeLessThanOrEqual(CAP * 10);
      expect(total(each)).toBeGreaterThanOrEqual(CAP * 60 * 0.95);
    }
  });

  test('what was ordered before a connection is opened holds for it', async () => {
    const here = world();
    here.bandwidth.order('mig', { rules: capped('connection', CAP), since: '2026-01-01' });
    expect(here.bandwidth.connection('other', NO_CAPS).isCapped).toBe(false);
    expect(here.bandwidth.connection('mig', NO_CAPS).isCapped).toBe(true);
  });

  test('says how long a route was held, and counts two that wait side by side once', async () => {
    const here = world();
    const stop = new AbortController();
    for (const _ of [1, 2]) {
      const connection = here.bandwidth.connection('mig', capped('route', CAP));
      void move(here, connection, [10_000], [], stop.signal).catch(() => {});
    }
    const free = here.bandwidth.connection('free', NO_CAPS);
    for await (const _ of free.pieces(new Uint8Array(5_000_000), stop.signal)) await here.run(20_000);
    expect(here.bandwidth.heldMs('free')).toBe(0);
    expect(here.bandwidth.heldMs('mig')).toBeGreaterThan(19_000);
    expect(here.bandwidth.heldMs('mig')).toBeLessThanOrEqual(20_000);
    stop.abort();
  });

  test('a wait ends when its caller stops, and leaves the place to others', async () => {
    const here = world();
    const connection = here.bandwidth.connection('mig', capped('route', 65_536));
    const stop = new AbortController();
    const waiting = connection.pieces(new Uint8Array(65_536), stop.signal).next();
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    const other = connection.pieces(new Uint8Array(10), new AbortController().signal).next();
    await here.run(1_000);
    expect((await other).value).toHaveLength(10);
  });
});

describe('caps by the hour', () => {
  const rules: BandwidthRules = {
    ...NO_CAPS,
    zone: 'America/Chicago',
    route: {
      bytesPerSecondMax: 9,
      hours: [
        { days: ['sat', 'sun'], from: '00:00', to: '00:00', bytesPerSecondMax: null },
        { from: '07:00', to: '19:00', bytesPerSecondMax: 1 },
        { from: '22:00', to: '03:30', bytesPerSecondMax: 5 },
      ],
    },
  };

  test.each([
    ['in winter a day begins at 13:00 UTC', '2026-03-02T13:00:00Z', 1],
    ['a minute before it does not', '2026-03-02T12:59:59Z', 9],
    ['in summer it begins at 12:00 UTC', '2026-03-09T12:00:00Z', 1],
    ['its end is not part of it', '2026-03-10T00:00:00Z', 9],
    ['hours go over midnight', '2026-03-10T08:29:00Z', 5],
    ['and end', '2026-03-10T08:30:00Z', 9],
    ['days are those of the zone', '2026-03-09T04:59:00Z', null],
    ['and the next day is the next', '2026-03-09T05:00:00Z', 5],
  ])('%s', (_what, at, cap) => {
    expect(capsAt(rules, new Date(at)).route).toBe(cap);
  });

  test('a cap comes and goes with its hour while bytes move', async () => {
    const here = world();
    const hours = [{ from: '12:01', to: '12:02', bytesPerSecondMax: CAP / 10 }];
    const connection = here.bandwidth.connection('mig', { ...NO_CAPS, route: { bytesPerSecondMax: CAP, hours } });
    const stop = new AbortController();
    const ledger: Moved[] = [];
    const moving = move(here, connection, [65_536], ledger, stop.signal).catch(() => {});
    await here.run(180_000);
    stop.abort();
    await moving;
    const inMinute = (minute: number) => total(ledger.filter(({ atMs }) => Math.floor(atMs / 60_000) === minute));
    expect(inMinute(0)).toBeGreaterThan(CAP * 60 * 0.95);
    expect(inMinute(1)).toBeLessThanOrEqual((CAP / 10) * 60.25);
    expect(inMinute(2)).toBeGreaterThan(CAP * 60 * 0.95);
  });
});
