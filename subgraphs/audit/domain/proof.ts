/** Inclusion and consistency proofs (RFC 6962 section 2.1, verification by RFC 9162 sections 2.1.3.2 and 2.1.4.2). */
import { EMPTY_ROOT, HASH_BYTES, largestPowerWithin, nodeHash, perfectRoot } from './merkle.ts';
import { hashesAt, TILE_WIDTH, type TileReader } from './tile.ts';

/** Levels of nodes inside one tile. */
const TILE_HEIGHT = 8;
/** No tree whose size is a safe integer needs a longer proof. */
const PROOF_LENGTH_MAX = 2 * 53;

/** The root of the first `size` leaves. */
export function rootOf(tiles: TileReader, size: number): Buffer {
  return size === 0 ? EMPTY_ROOT : rangeRoot(tiles, size, 0, size);
}

/** Proves that the leaf at `index` is in the tree of `size` leaves; `index` is less than `size`. */
export function inclusionProof(tiles: TileReader, size: number, index: number): Buffer[] {
  const siblings: [number, number][] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      siblings.unshift([middle, to]);
      to = middle;
    } else {
      siblings.unshift([from, middle]);
      from = middle;
    }
  }
  return siblings.map(([start, end]) => rangeRoot(tiles, size, start, end));
}

/** Proves that the tree of `size` leaves begins with the tree of `oldSize` leaves. */
export function consistencyProof(tiles: TileReader, oldSize: number, size: number): Buffer[] {
  if (oldSize === 0 || oldSize >= size) return [];
  const ranges: [number, number][] = [];
  let [from, to] = [0, size];
  while (oldSize !== to) {
    const middle = from + splitOf(to - from);
    if (oldSize <= middle) {
      ranges.unshift([middle, to]);
      to = middle;
    } else {
      ranges.unshift([from, middle]);
      from = middle;
    }
  }
  // The whole old tree is known to the verifier; only a subtree of it has to be told.
  if (from > 0) ranges.unshift([from, to]);
  return ranges.map(([start, end]) => rangeRoot(tiles, size, start, end));
}

export interface InclusionClaim {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Whether `proof` proves the claim. Index and size may come from an attacker. */
export function isIncluded(claim: InclusionClaim, proof: readonly Uint8Array[]): boolean {
  const { index, size } = claim;
  if (!isCount(index) || !isCount(size) || index >= size || !isProof(proof)) return false;
  let [node, last] = [index, size - 1];
  let hash: Uint8Array = claim.leaf;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && Buffer.compare(hash, claim.root) === 0;
}

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
}

/** Whether `proof` proves that the newer tree only appended to the older one. */
export function isConsistent(claim: ConsistencyClaim, proof: readonly Uint8Array[]): boolean {
  const { oldSize, oldRoot, size, root } = claim;
  if (!isCount(oldSize) || !isCount(size) || oldSize > size || !isProof(proof)) return false;
  if (oldSize === size) return proof.length === 0 && Buffer.compare(oldRoot, root) === 0;
  if (oldSize === 0) return proof.length === 0 && Buffer.compare(oldRoot, EMPTY_ROOT) === 0;
  const path = largestPowerWithin(oldSize) === oldSize ? [oldRoot, ...proof] : proof;
  const [first, ...rest] = path;
  if (first === undefined) return false;
  let [node, last] = [oldSize - 1, size - 1];
  while (node % 2 === 1) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  let [oldHash, hash] = [first, first];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      [oldHash, hash] = [nodeHash(sibling, oldHash), nodeHash(sibling, hash)];
      while (node % 2 === 0 && node !== 0) [node, last] = [node / 2, Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 && Buffer.compare(oldHash, oldRoot) === 0 && Buffer.compare(hash, root) === 0;
}

/** The root of the leaves from `from` up to `to`, where `from` is a multiple of the widest perfect subtree inside. */
function rangeRoot(tiles: TileReader, size: number, from: number, to: number): Buffer {
  const count = to - from;
  const width = largestPowerWithin(count);
  if (width === count) return perfectSubtree(tiles, size, from, width);
  const middle = from + width;
  return nodeHash(perfectSubtree(tiles, size, from, width), rangeRoot(tiles, size, middle, to));
}

function perfectSubtree(tiles: TileReader, size: number, from: number, width: number): Buffer {
  const level = Math.floor(Math.log2(width) / TILE_HEIGHT);
  const leavesPerHash = TILE_WIDTH ** level;
  const position = from / leavesPerHash;
  const index = Math.floor(position / TILE_WIDTH);
  const held = Math.min(TILE_WIDTH, hashesAt(size, level) - index * TILE_WIDTH);
  return perfectRoot(tiles.read(level, index, held), position % TILE_WIDTH, width / leavesPerHash);
}

/** The largest power of two smaller than `count`; `count` is at least 2. */
function splitOf(count: number): number {
  return largestPowerWithin(count - 1);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isProof(proof: readonly Uint8Array[]): boolean {
  return proof.length <= PROOF_LENGTH_MAX && proof.every((hash) => hash.byteLength === HASH_BYTES);
}
