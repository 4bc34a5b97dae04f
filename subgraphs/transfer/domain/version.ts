/** Versions of a record: what several items say under one key, as of different moments; the latest is delivered. */
import type { Sha256 } from '../../../kernel/digest.ts';

/** What one item says of a record. `asOf` sorts; it is empty where the source does not say when it was so. */
export interface Version {
  readonly asOf: string;
  /** Of the content, keyed. */
  readonly digest: Sha256;
  readonly itemId: string;
}

/** Of a record the version that is to stand at the target, and the one item that delivers it. */
export interface Standing extends Version {
  /** Other content as of the same moment: nobody can say which is later, so neither is delivered. */
  readonly isTied: boolean;
  /** The batch of that item. */
  readonly batchId: string;
  /** Whether that item has arrived. */
  readonly isDelivered: boolean;
  /** Another batch had a version before: the target may hold it, and this one takes its place. */
  readonly hasPredecessor: boolean;
}

/**
 * What is known after another version was seen. In whatever order versions are seen, the same one comes to stand. What
 * an item says when a remedy has it moved again takes the place of what it said before.
 */
export function afterSeeing(
  known: Standing | undefined,
  seen: Version,
  batchId: string,
  isMovedAgain = false,
): Standing {
  if (known === undefined) return { ...seen, batchId, isTied: false, isDelivered: false, hasPredecessor: false };
  if (seen.asOf < known.asOf) return known;
  const isSame = seen.digest === known.digest && !known.isTied;
  if (isSame) {
    // Whoever delivers it goes on doing so, unless that was tried and did not come off.
    const isInGoodHands = known.batchId === batchId || known.isDelivered;
    if (isInGoodHands && seen.asOf === known.asOf) return known;
    return isInGoodHands ? { ...known, asOf: seen.asOf } : { ...known, ...seen, batchId };
  }
  const isSaidAgain = isMovedAgain && !known.isTied && seen.itemId === known.itemId;
  if (seen.asOf === known.asOf && !isSaidAgain) return { ...known, isTied: true };
  const hasPredecessor = known.hasPredecessor || known.batchId !== batchId;
  return { ...seen, batchId, isTied: false, isDelivered: false, hasPredecessor };
}

/**
 * What becomes of one item's version: only the one that `stands` is delivered, and by one item only. `alike`: another
 * item delivers the same. `superseded`: a later one says something else. `untold`: nobody can say which is later.
 */
export type Part = 'stands' | 'alike' | 'superseded' | 'untold';

export function partOf(version: Version, standing: Standing): Part {
  const { asOf, digest, itemId } = version;
  if (standing.isTied && asOf === standing.asOf) return 'untold';
  if (!standing.isTied && digest === standing.digest) return itemId === standing.itemId ? 'stands' : 'alike';
  return asOf === '' ? 'untold' : 'superseded';
}
