/** The Merkle tree of RFC 6962 section 2.1: how entries, nodes and roots are hashed. */
import { hash } from 'node:crypto';

export const HASH_BYTES = 32;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** The root of the tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT: Buffer = sha256Bytes(Buffer.alloc(0));

/** SHA-256(0x00 || entry). */
export function leafHash(entry: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(entry.byteLength + 1);
  bytes[0] = LEAF_PREFIX;
  bytes.set(entry, 1);
  return sha256Bytes(bytes);
}

/** SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  bytes[0] = NODE_PREFIX;
  bytes.set(left, 1);
  bytes.set(right, 1 + HASH_BYTES);
  return sha256Bytes(bytes);
}

/** The root of `count` hashes laid end to end from the hash at `from` on; `count` is a power of two. */
export function perfectRoot(hashes: Uint8Array, from: number, count: number): Buffer {
  const level = Buffer.from(hashes.subarray(from * HASH_BYTES, (from + count) * HASH_BYTES));
  for (let width = count; width > 1; width /= 2) {
    for (let pair = 0; pair < width / 2; pair++) {
      const left = pair * 2 * HASH_BYTES;
      const right = left + HASH_BYTES;
      const parent = nodeHash(level.subarray(left, right), level.subarray(right, right + HASH_BYTES));
      level.set(parent, pair * HASH_BYTES);
    }
  }
  return level.subarray(0, HASH_BYTES);
}

/** The roots of the largest perfect subtrees of the first `count` hashes, widest first. */
export function perfectParts(hashes: Uint8Array, count: number): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let width = largestPowerWithin(count); width >= 1; width /= 2) {
    if (count - from >= width) {
      parts.push(perfectRoot(hashes, from, width));
      from += width;
    }
  }
  return parts;
}

/** The largest power of two that is at most `count` (1 for a count of 0). Exact beyond 32 bits. */
export function largestPowerWithin(count: number): number {
  let power = 1;
  while (power * 2 <= count) power *= 2;
  return power;
}

/** By way of a text: a log has millions, and a buffer that the hash makes has memory of its own for its 32 bytes. */
function sha256Bytes(bytes: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', bytes, 'binary'), 'latin1');
}
