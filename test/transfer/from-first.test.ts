/** Where a move goes on that was begun before. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { saveAttempts } from '../../subgraphs/transfer/store/attempts.ts';
import { packedFromFirst, settledFromFirst } from '../../subgraphs/transfer/store/from-first.ts';
import { savePacked } from '../../subgraphs/transfer/store/packing.ts';
import type { ManifestRow } from '../../subgraphs/transfer/domain/manifest.ts';
import { onEveryDialect, type Place } from '../support/databases.ts';
import { Rig } from './rig.ts';

onEveryDialect('the lines that are done', (dialect) => {
  let place: Place;
  let rig: Rig;
  beforeEach(async () => {
    place = await dialect.enter();
    rig = await Rig.open(place);
  });
  afterEach(() => place.leave());

  test.each([
    ['none', [], 0],
    ['all', [0, 1, 2, 3, 4], 5],
    ['none but the second', [1], 0],
    ['all but the first', [1, 2, 3, 4, 5, 6], 0],
    ['the first alone', [0], 1],
    ['all up to a gap', [0, 1, 2, 4, 5, 6, 7, 8], 3],
    ['all up to the last of two gaps', [0, 1, 2, 3, 4, 6, 9], 5],
  ] as const)('are counted from the first to the first gap: %s', async (_, ordinals, expected) => {
    const { store } = rig.context;
    const rest = { state: 'moved' as const, sha256: null, reasonCode: null, reasonSubject: null };
    await store.transact(async ({ em }) => {
      const own = ordinals.map((ordinal) => ({ batchId: 'own', ordinal, itemId: `own-${ordinal}`, ...rest }));
      const others = [0, 1, 2, 3, 4, 5].map((ordinal) => ({
        ...{ batchId: 'other', ordinal, itemId: `other-${ordinal}` },
        ...rest,
      }));
      await saveAttempts(em, [...own, ...others]);
      const row = { itemId: 'i', path: 'p', sizeBytes: 0, sha256: null, records: null };
      const packed = (of: readonly number[]) => of.map((ordinal) => ({ ordinal, row: row as unknown as ManifestRow }));
      await savePacked(em, 'own', packed(ordinals));
      await savePacked(em, 'other', packed([0, 1, 2, 3, 4, 5]));
    });
    expect(await store.read((em) => settledFromFirst(em, 'own'))).toBe(expected);
    expect(await store.read((em) => packedFromFirst(em, 'own'))).toBe(expected);
  });
});
