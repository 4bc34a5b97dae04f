/** Ids seen before: every one that comes again is told, and none that does not. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SeenIds } from '../../../subgraphs/audit/domain/verify/seen-ids.ts';

test('each id is new once', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 300 }), (ids) => {
      const [seen, known] = [new SeenIds(ids.length), new Set<string>()];
      for (const id of ids) {
        expect(seen.add(id)).toBe(!known.has(id));
        known.add(id);
      }
    }),
  );
});

test('a hundred thousand of them, up to the last', () => {
  const ids = Array.from({ length: 100_000 }, (_, at) => `entry ${at}`);
  const seen = new SeenIds(ids.length);
  expect(ids.every((id) => seen.add(id))).toBe(true);
  expect(ids.some((id) => seen.add(id))).toBe(false);
});
