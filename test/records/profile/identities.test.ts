import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Identities } from '../../../records/profile/identities.ts';
import { IDENTITIES_HELD_MAX, PLACES_MAX } from '../../../records/profile/limits.ts';
import { memorySpill } from '../../../records/profile/spill.ts';

const KEY = { kind: 'table', path: 'id', namespace: 'PATIENT', use: 'key' } as const;
const REFERENCE = { kind: 'visits', path: 'patient_id', namespace: 'PATIENT', use: 'reference' } as const;

describe('keys and references', () => {
  test('are exact over a million records in bounded memory', async () => {
    const spill = memorySpill();
    const identities = new Identities(spill, 'a');
    const [key, reference] = [identities.fieldNumber(KEY), identities.fieldNumber(REFERENCE)];
    const records = 1_000_000;
    for (let record = 1; record <= records; record++) {
      // Every 1,000th key is the one before it again; every 250,000th reference has no key.
      identities.add(key, String(record % 1_000 === 0 ? record - 1 : record), { item: 1, record });
      if (record % 50_000 === 0)
        identities.add(reference, record % 250_000 === 0 ? `none ${record}` : String(record - 2), { item: 2, record });
      if (identities.isFull) await identities.putAside();
    }
    expect(JSON.stringify(identities.toJson()).length).toBeLessThan(IDENTITIES_HELD_MAX * 30);
    const { duplicates, orphans } = await identities.count();
    expect(duplicates).toHaveLength(1);
    expect(duplicates[0]?.places.count).toBe(1_000);
    expect(duplicates[0]?.total).toBe(records);
    const expected = Array.from({ length: PLACES_MAX }, (_, at) => ({ item: 1, record: (at + 1) * 1_000 }));
    expect(duplicates[0]?.places.first()).toEqual(expected);
    expect(orphans.map(({ places }) => places.toJson())).toEqual([
      { count: 4, first: [250_000, 500_000, 750_000, 1_000_000].flatMap((record) => [2, record]) },
    ]);
  });

  test('are the same in one part, in merged parts, and after a stop', async () => {
    const entry = fc.record({ use: fc.constantFrom('key' as const, 'reference' as const), id: fc.nat({ max: 12 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(entry, { maxLength: 60 }), fc.nat({ max: 60 }), async (entries, cut) => {
        const spill = memorySpill();
        const fill = (into: Identities, from: number, to: number) =>
          entries.slice(from, to).forEach(({ use, id }, at) => {
            const number = into.fieldNumber(use === 'key' ? KEY : REFERENCE);
            into.add(number, String(id), { item: 1, record: from + at + 1 });
          });
        const whole = new Identities(spill, 'whole');
        fill(whole, 0, entries.length);
        const [first, second] = [new Identities(spill, 'first'), new Identities(spill, 'second')];
        fill(second, cut, entries.length);
        fill(first, 0, cut);
        await first.putAside();
        const resumed = Identities.fromJson(first.toJson(), spill, 'first');
        await resumed.merge(second);
        const told = async (each: Identities) => {
          const { duplicates, orphans } = await each.count();
          return [...duplicates, ...orphans].map(({ field, places }) => ({ field, places: places.toJson() }));
        };
        expect(await told(resumed)).toEqual(await told(whole));
        const seen = new Set<number>();
        const twice = entries.filter(({ use, id }) => use === 'key' && (seen.has(id) || !seen.add(id))).length;
        expect((await whole.count()).duplicates.reduce((sum, { places }) => sum + places.count, 0)).toBe(twice);
      }),
    );
  });

  test('lead out of the dataset where nothing of their kind has a key', async () => {
    const identities = new Identities(memorySpill(), 'a');
    identities.add(identities.fieldNumber(REFERENCE), '17', { item: 1, record: 1 });
    expect((await identities.count()).orphans).toEqual([]);
  });

  test('stay exact when so many runs were put aside that they are merged', async () => {
    const identities = new Identities(memorySpill(), 'a');
    const key = identities.fieldNumber(KEY);
    for (let run = 0; run < 150; run++) {
      for (let each = 0; each < 20; each++)
        identities.add(key, String(run * 19 + each), { item: run + 1, record: each });
      await identities.putAside();
    }
    expect(identities.toJson().runs.length).toBeLessThanOrEqual(64);
    expect((await identities.count()).duplicates[0]?.places.count).toBe(149);
  });
});
