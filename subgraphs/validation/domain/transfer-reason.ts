/** Why an item did not move, as the category of the exception that says so. */
import type { Category } from './category.ts';
import { type Finding, finding } from './finding.ts';

/** Codes of transfer and of connectors; whatever else kept an item from moving, it is not at the target. */
const CATEGORIES: Readonly<Record<string, Category>> = {
  DIGEST_MISMATCH_IN_FLIGHT: 'digest-mismatch',
  STAGED_DIFFERS: 'digest-mismatch',
  NOT_MAPPABLE: 'code-translation-mismatch',
  ITEM_REFUSED: 'schema-invalid',
  ITEM_CONFLICT: 'duplicate-record',
  ACCESS_DENIED: 'unreadable',
  PATH_REFUSED: 'unreadable',
};

const NOTES: Readonly<Record<string, string>> = {
  DIGEST_MISMATCH_IN_FLIGHT: 'the bytes sent in flight were not the bytes of the sealed manifest',
  STAGED_DIFFERS: 'the target held something else than what was sent to it, so it was not committed',
  NOT_MAPPABLE: 'the lineage map cannot make records of the item without losing or inventing something',
  ITEM_REFUSED: 'the target refused the content',
  ITEM_CONFLICT: 'the target holds something else under the same key',
  DELIVERY_IN_DOUBT: 'it was sent and never acknowledged: whether the receiver has it, only the receiver knows',
  ACCESS_DENIED: 'the item must not be read, or not be written',
  PATH_REFUSED: 'the path of the item is not safe',
  ITEM_NOT_FOUND: 'the item was gone from the source when it was read',
  ITEM_CHANGED: 'the item changed at the source while it was read',
};

export function findingOfReason(
  item: { readonly itemId: string },
  reason: { readonly code: string; readonly subject?: string | undefined },
): Finding {
  return finding({
    origin: 'transfer',
    category: CATEGORIES[reason.code] ?? 'missing-record',
    itemId: item.itemId,
    code: reason.code,
    note: NOTES[reason.code] ?? 'the item did not reach the target',
  });
}

/** An item that is eligible and of which transfer says nothing at all. */
export function findingOfSilence(item: { readonly itemId: string }): Finding {
  const note = 'the item was surveyed, and no transfer record tells what became of it';
  return finding({ origin: 'transfer', category: 'missing-record', itemId: item.itemId, code: 'NOT_RECORDED', note });
}
