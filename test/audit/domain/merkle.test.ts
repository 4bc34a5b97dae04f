import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leafHash } from '../../../subgraphs/audit/domain/merkle.ts';
import {
  consistencyProof,
  inclusionProof,
  isConsistent,
  isIncluded,
  rootOf,
} from '../../../subgraphs/audit/domain/proof.ts';
import { tilePath, tilesOf } from '../../../subgraphs/audit/domain/tile.ts';
import { grow } from './grown-tree.ts';
import { naiveConsistency, naivePath, naiveRoot } from './naive-tree.ts';

const LEAVES_MAX = 70_000;
const LARGE = grow(LEAVES_MAX, 9_999);
const NAIVE_MAX = 300;
const small = grow(NAIVE_MAX, 37);
const roots = Array.from({ length: NAIVE_MAX + 1 }, (_, size) => naiveRoot(small.entries.slice(0, size)));
const rootAt = (size: number): Buffer => roots[size] ?? Buffer.alloc(0);
const entryAt = (index: number): Buffer => LARGE.entries[index] ?? Buffer.alloc(0);

describe('the tree', () => {
  test('has the roots of RFC 6962 at every size, whatever the steps it grew in', () => {
    for (let size = 0; size <= NAIVE_MAX; size++) expect(grow(size, 1 + (size % 41)).edge.root()).toEqual(rootAt(size));
  });

  test('is the same when it is read back from its tiles', () => {
    const sizes = [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, LEAVES_MAX];
    for (const size of sizes) {
      const tree = grow(size, 10_000);
      expect(rootOf(tree.tiles, size)).toEqual(tree.edge.root());
    }
  });

  test('consists of exactly the tiles that its size names', () => {
    for (const size of [1, 256, 300, 65_536, LEAVES_MAX]) {
      const names = [...tilesOf(size)].filter((tile) => tile.level !== 'entries').map(tilePath);
      expect([...grow(size).files.keys()].sort()).toEqual(names.sort());
    }
  });

  test('names its files as tlog-tiles does', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067');
    expect(tilePath({ level: 'entries', index: 0, width: 256 })).toBe('tile/entries/000');
    expect(tilePath({ level: 1, index: 1000, width: 7 })).toBe('tile/1/x001/000.p/7');
  });
});

describe('a proof', () => {
  test('of inclusion is that of RFC 6962 for every leaf of every small tree, and is accepted', () => {
    for (const size of [1, 2, 3, 7, 8, 9, 31, 100, 256, 257, NAIVE_MAX]) {
      const entries = small.entries.slice(0, size);
      const tree = grow(size);
      for (const [index, entry] of entries.entries()) {
        const proof = inclusionProof(tree.tiles, size, index);
        if (size < 40 || index % 17 === 0) expect(proof).toEqual(naivePath(index, entries));
        expect(isIncluded({ leaf: leafHash(entry), index, size, root: rootAt(size) }, proof)).toBe(true);
      }
    }
  });

  test('of consistency is that of RFC 6962 between every two small sizes, and is accepted', () => {
    for (let size = 1; size <= 40; size++) {
      const tree = grow(size);
      for (let oldSize = 0; oldSize <= size; oldSize++) {
        const proof = consistencyProof(tree.tiles, oldSize, size);
        expect(proof).toEqual(naiveConsistency(oldSize, small.entries.slice(0, size)));
        expect(isConsistent({ oldSize, oldRoot: rootAt(oldSize), size, root: rootAt(size) }, proof)).toBe(true);
      }
    }
  });

  test('of inclusion with any bit flipped, any hash taken away or any added is never accepted', () => {
    const root = LARGE.edge.root();
    const property = fc.property(fc.nat(LEAVES_MAX - 1), fc.nat(), fc.constantFrom(...CHANGES), (index, at, change) => {
      const proof = inclusionProof(LARGE.tiles, LEAVES_MAX, index);
      const claim = { leaf: leafHash(entryAt(index)), index, size: LEAVES_MAX, root };
      expect(isIncluded(claim, proof)).toBe(true);
      expect(isIncluded(claim, changed(proof, at, change))).toBe(false);
      const other = { ...claim, leaf: leafHash(entryAt((index + 1 + (at % (LEAVES_MAX - 1))) % LEAVES_MAX)) };
      expect(isIncluded(other, proof)).toBe(false);
      for (const wrong of [index + 1, index - 1, -1, 0.5, Number.NaN]) {
        expect(isIncluded({ ...claim, index: wrong }, proof)).toBe(false);
      }
    });
    fc.assert(property, { numRuns: 300, seed: 6962 });
  });

  test('of consistency with any bit flipped, any hash taken away or any added is never accepted', () => {
    const root = LARGE.edge.root();
    const oldSizes = fc.integer({ min: 1, max: LEAVES_MAX - 1 });
    const property = fc.property(oldSizes, fc.nat(), fc.constantFrom(...CHANGES), (oldSize, at, change) => {
      const proof = consistencyProof(LARGE.tiles, oldSize, LEAVES_MAX);
      const claim = { oldSize, oldRoot: rootOf(LARGE.tiles, oldSize), size: LEAVES_MAX, root };
      expect(isConsistent(claim, proof)).toBe(true);
      expect(isConsistent(claim, changed(proof, at, change))).toBe(false);
      expect(isConsistent({ ...claim, oldRoot: leafHash(root) }, proof)).toBe(false);
      expect(isConsistent({ ...claim, root: leafHash(root) }, proof)).toBe(false);
    });
    fc.assert(property, { numRuns: 300, seed: 9162 });
  });

  test('that an old tree is empty is accepted for the empty root only', () => {
    const claim = { oldSize: 0, oldRoot: rootAt(0), size: 5, root: rootAt(5) };
    expect(isConsistent(claim, [])).toBe(true);
    expect(isConsistent({ ...claim, oldRoot: rootAt(1) }, [])).toBe(false);
  });
});

const CHANGES = ['flip', 'remove', 'repeat', 'append', 'swap'] as const;

function changed(proof: readonly Buffer[], seed: number, change: (typeof CHANGES)[number]): Buffer[] {
  const copy = proof.map((hash) => Buffer.from(hash));
  const at = seed % copy.length;
  const hash = copy[at] ?? Buffer.alloc(32);
  switch (change) {
    case 'flip':
      hash[seed % 32] = (hash[seed % 32] ?? 0) ^ (1 << (seed % 8));
      return copy;
    case 'remove':
      return copy.toSpliced(at, 1);
    case 'repeat':
      return copy.toSpliced(at, 0, hash);
    case 'append':
      return [...copy, hash];
    case 'swap':
      return copy.length === 1 ? [] : copy.toSpliced(at, 1).toSpliced((at + 1) % copy.length, 0, hash);
    default:
      return change satisfies never;
  }
}
