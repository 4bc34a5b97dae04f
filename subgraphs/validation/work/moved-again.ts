/** What remedies moved again of a batch: the latest movement of each item stands in the place of the one before. */
import type { Id } from '../../../kernel/id.ts';
import { readLines, type Strongroom } from '../../../runtime/strongroom.ts';
import type { EligibleItem, ManifestLine, RecordLine } from '../domain/account.ts';
import type { Movement } from '../store/tables.ts';

/** The last word on an item: how it was packed, and what became of it. */
interface LastWord {
  readonly movedBy: Id;
  readonly packed: ManifestLine;
  readonly fate: RecordLine;
}

/** The items with the last word on each. What did not come off takes no place of what did. */
export async function* withMovements(
  room: Strongroom,
  items: AsyncIterable<EligibleItem>,
  movements: readonly Movement[],
): AsyncGenerator<EligibleItem> {
  const words = new Map<string, LastWord>();
  for (const movement of movements) await read(room, movement, words);
  for await (const item of items) {
    const word = words.get(item.itemId);
    const isMovedAgain = word !== undefined && (word.fate.state === 'moved' || item.state !== 'moved');
    yield isMovedAgain ? { ...item, ...lastOf(word) } : item;
  }
}

/** A remedy has few items (ITEMS_MOVED_AGAIN_MAX for all of a batch), so they are held. */
async function read(
  room: Strongroom,
  { batchId, manifest, record }: Movement,
  words: Map<string, LastWord>,
): Promise<void> {
  const fates = new Map<string, RecordLine>();
  for await (const line of readLines<RecordLine>(room, record)) fates.set(line.itemId, line);
  for await (const packed of readLines<ManifestLine>(room, manifest)) {
    const fate = fates.get(packed.itemId);
    if (fate === undefined) continue;
    const before = words.get(packed.itemId);
    if (fate.state === 'moved' || before?.fate.state !== 'moved')
      words.set(packed.itemId, { movedBy: batchId, packed, fate });
  }
}

function lastOf({ movedBy, packed, fate }: LastWord): Partial<EligibleItem> {
  const { sizeBytes, sha256, records } = packed;
  return { movedBy, sizeBytes, sha256, records, state: fate.state, reason: fate.reason ?? null, parcels: fate.parcels };
}
