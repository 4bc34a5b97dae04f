/** RFC 6962 section 2.1 as it is written, slow and obvious: the oracle for the tree. */
import { createHash } from 'node:crypto';

const sha = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const split = (count: number): number => {
  let k = 1;
  while (k * 2 < count) k *= 2;
  return k;
};

/** MTH(D[n]). */
export function naiveRoot(entries: readonly Uint8Array[]): Buffer {
  const [first] = entries;
  if (first === undefined) return sha();
  if (entries.length === 1) return sha(Buffer.from([0]), first);
  const k = split(entries.length);
  return sha(Buffer.from([1]), naiveRoot(entries.slice(0, k)), naiveRoot(entries.slice(k)));
}

/** PATH(m, D[n]). */
export function naivePath(m: number, entries: readonly Uint8Array[]): Buffer[] {
  if (entries.length <= 1) return [];
  const k = split(entries.length);
  return m < k
    ? [...naivePath(m, entries.slice(0, k)), naiveRoot(entries.slice(k))]
    : [...naivePath(m - k, entries.slice(k)), naiveRoot(entries.slice(0, k))];
}

/** PROOF(m, D[n]). */
export function naiveConsistency(m: number, entries: readonly Uint8Array[]): Buffer[] {
  return m === 0 || m === entries.length ? [] : subproof(m, entries, 'known');
}

function subproof(m: number, entries: readonly Uint8Array[], old: 'known' | 'told'): Buffer[] {
  if (m === entries.length) return old === 'known' ? [] : [naiveRoot(entries)];
  const k = split(entries.length);
  return m <= k
    ? [...subproof(m, entries.slice(0, k), old), naiveRoot(entries.slice(k))]
    : [...subproof(m - k, entries.slice(k), 'told'), naiveRoot(entries.slice(0, k))];
}
