/** Bytes that one process lays on a shelf are those that the other one takes, whatever else is laid meanwhile. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { PART_MAX_BYTES, type Placed } from '../../../plugins/host/isolate/frames.ts';
import { makeShelf, Shelf, SHELF_BYTES } from '../../../plugins/host/isolate/shelf.ts';

const file = makeShelf();
if (file !== undefined) closeSync(file);
const described = file === undefined ? describe.skip : describe;

/** Both sides, as two processes have it open. */
function shelves() {
  const ours = makeShelf() ?? 0;
  const theirs = openSync(`/proc/self/fd/${ours}`, 'r+');
  return { host: new Shelf(ours, 'host'), connector: new Shelf(theirs, 'connector'), ours };
}

const bytesOf = (sizeBytes: number, fill: number): Uint8Array => new Uint8Array(sizeBytes).fill(fill);

described('a shelf', () => {
  test('gives each what was laid for it, in any order of laying, taking and telling', () => {
    const act = fc.record({
      side: fc.constantFrom('host' as const, 'connector' as const),
      what: fc.constantFrom('lay' as const, 'lay' as const, 'take' as const, 'leave' as const, 'tell' as const),
      sizeBytes: fc.constantFrom(16_384, 100_000, 262_144, 700_001, PART_MAX_BYTES),
    });
    const property = fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
      const { host, connector } = shelves();
      const sides = { host, connector };
      const laid: Record<'host' | 'connector', { placed: Placed; fill: number; sizeBytes: number }[]> = {
        ...{ host: [], connector: [] },
      };
      let fill = 0;
      for (const { side, what, sizeBytes } of acts) {
        const other = side === 'host' ? 'connector' : 'host';
        if (what === 'lay') {
          fill = (fill + 1) % 251;
          const placed = sides[side].lay(bytesOf(sizeBytes, fill));
          if (placed !== undefined) laid[other].push({ placed, fill, sizeBytes });
          else expect(laid[other].length + Number(sides[other].untold() !== undefined)).toBeGreaterThan(0);
        } else if (what === 'tell') {
          const upTo = sides[side].untold();
          if (upTo !== undefined) sides[other].wasRead(upTo);
        } else {
          const next = laid[side].shift();
          if (next === undefined) continue;
          if (what === 'leave') sides[side].leave(next.placed);
          else expect(sides[side].take(next.placed).equals(bytesOf(next.sizeBytes, next.fill))).toBe(true);
        }
      }
      host.close();
      connector.close();
    });
    fc.assert(property, { numRuns: 100, seed: 5127 });
  });

  test('has room again for all that was read, and for nothing else', () => {
    const { host, connector } = shelves();
    const most = SHELF_BYTES / 2 / PART_MAX_BYTES;
    for (let round = 0; round < 3; round++) {
      const placed = Array.from({ length: most }, () => host.lay(bytesOf(PART_MAX_BYTES, round)));
      expect(placed).not.toContain(undefined);
      expect(host.lay(bytesOf(PART_MAX_BYTES, round))).toBeUndefined();
      for (const each of placed) connector.take(each as Placed);
      expect(host.lay(bytesOf(PART_MAX_BYTES, round))).toBeUndefined();
      host.wasRead(connector.untold() ?? 0);
    }
    host.close();
    connector.close();
  });

  test('sends short bytes by the socket', () => {
    const { host, connector } = shelves();
    expect(host.lay(bytesOf(1_000, 1))).toBeUndefined();
    host.close();
    connector.close();
  });

  test('has no name that somebody else could open it by', () => {
    const made = makeShelf() ?? 0;
    expect(fstatSync(made).nlink).toBe(0);
    closeSync(made);
  });

  test.each([
    ['before the beginning', { at: -1, sizeBytes: 10, upTo: 10 }],
    ['beyond the end of its part', { at: SHELF_BYTES / 2 - 5, sizeBytes: 10, upTo: 10 }],
    ['longer than a part may be', { at: 0, sizeBytes: PART_MAX_BYTES + 1, upTo: 10 }],
    ['at no number', { at: '0', sizeBytes: 10, upTo: 10 } as unknown as Placed],
    ['of a negative length', { at: 10, sizeBytes: -10, upTo: 10 }],
    ['up to where nothing can be', { at: 0, sizeBytes: 10, upTo: 0.5 }],
  ])('does not look for bytes %s', (_what, placed) => {
    const { host, connector } = shelves();
    expect(() => host.take(placed)).toThrow(RangeError);
    host.close();
    connector.close();
  });

  test('says so when what was laid is cut off, and when it is closed', () => {
    const { host, connector, ours } = shelves();
    const placed = connector.lay(bytesOf(100_000, 3)) as Placed;
    ftruncateSync(ours, 10);
    expect(() => host.take(placed)).toThrow(RangeError);
    writeSync(ours, bytesOf(SHELF_BYTES, 1), 0, SHELF_BYTES, 0);
    expect(host.take(placed).byteLength).toBe(100_000);
    host.close();
    expect(() => host.take(placed)).toThrow(RangeError);
    expect(host.lay(bytesOf(100_000, 3))).toBeUndefined();
    connector.close();
  });

  test.each([-1, 0.5, 100_001, Number.NaN, '5' as unknown as number])('does not believe that %s was read', (upTo) => {
    const { host, connector } = shelves();
    host.lay(bytesOf(100_000, 1));
    expect(() => host.wasRead(upTo)).toThrow(RangeError);
    host.close();
    connector.close();
  });
});
