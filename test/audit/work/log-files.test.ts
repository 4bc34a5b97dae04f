/** Tiles and bundles are read as wide as they are asked for, from whatever width lies there. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leafHash } from '../../../subgraphs/audit/domain/merkle.ts';
import { beginningOf, encodeBundle, type TileName, tilePath, tilesOf } from '../../../subgraphs/audit/domain/tile.ts';
import { TreeEdge } from '../../../subgraphs/audit/domain/tree-edge.ts';
import type { DurableFile } from '../../../subgraphs/audit/work/durable.ts';
import { openLogFiles } from '../../../subgraphs/audit/work/log-files.ts';
import { temporaryFolders } from '../../support/places.ts';

const freshFolder = temporaryFolders();
const entryAt = (position: number): Buffer => Buffer.from(`entry ${position}`.repeat(1 + (position % 5)));

/** Every file of a log as it grew to some sizes, narrower ones beside it. */
async function grown(...sizes: readonly number[]) {
  const files = await openLogFiles(freshFolder());
  const tree = new TreeEdge();
  const written: DurableFile[] = [];
  for (const size of sizes) {
    while (tree.size < size) tree.append(leafHash(entryAt(tree.size)));
    for (const { name, bytes } of tree.takeTiles()) written.push({ path: tilePath(name), bytes });
    for (const name of tilesOf(size))
      if (name.level === 'entries') written.push({ path: tilePath(name), bytes: bundle(name) });
  }
  await files.write(written);
  return files;
}

function bundle({ index, width }: TileName): Buffer {
  return encodeBundle(Array.from({ length: width }, (_, at) => entryAt(index * 256 + at)));
}

describe('the files of a log', () => {
  test('show each tile and bundle of every size that the log had, one after the other in the same memory', async () => {
    const files = await grown(300, 513);
    for (const size of [1, 200, 256, 257, 300, 512, 513]) {
      for (const name of tilesOf(size)) {
        const { level, index, width } = name;
        const expected = level === 'entries' ? bundle(name) : Buffer.from(files.tiles.read(level, index, width));
        expect(Buffer.from(files.look(name)).equals(expected)).toBe(true);
      }
    }
  });

  test('show no tile or bundle that is not there, or is cut short', async () => {
    const files = await grown(10);
    const damaged = expect.objectContaining({ code: 'LOG_DAMAGED' });
    for (const level of ['entries', 0] as const) {
      expect(() => files.look({ level, index: 0, width: 11 })).toThrow(damaged);
      expect(() => files.look({ level, index: 1, width: 1 })).toThrow(damaged);
      await files.write([{ path: tilePath({ level, index: 0, width: 10 }), bytes: Buffer.alloc(31) }]);
    }
    expect(() => files.look({ level: 0, index: 0, width: 10 })).toThrow(damaged);
  });
});

test('the beginning of a bundle is the bundle of its first entries, and of fewer there is none', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 });
  const property = fc.property(entries, fc.nat(25), fc.nat(5), (all, width, missing) => {
    const whole = encodeBundle(all);
    const cut = whole.subarray(0, Math.max(0, whole.byteLength - missing));
    const first = encodeBundle(all.slice(0, width));
    const expected = width <= all.length && first.byteLength <= cut.byteLength ? first : undefined;
    expect(beginningOf(cut, width)).toEqual(expected);
  });
  fc.assert(property, { seed: 90 });
});
