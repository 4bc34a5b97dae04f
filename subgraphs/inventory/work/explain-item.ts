/** What became of every field of an item, read again at the source. */
import { keyedDigest } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import { explainItem as explain, type Explanation } from '../../../records/lineage/explain.ts';
import { Dataset, Item } from '../store/tables.ts';
import type { InventoryContext } from './context.ts';
import { settingsOfSource, withSource } from './list-source.ts';
import { sealedMap } from './sealed-map.ts';

const DEADLINE_MS = 60_000;

/** Null where there is no such item, or no map its dataset moves by. Fails as the source does. */
export async function explainItem(context: InventoryContext, itemId: Id, key?: string): Promise<Explanation | null> {
  const found = await context.store.read(async (em) => {
    const item = await em.findOne(Item, { id: itemId });
    const dataset = item && (await em.findOne(Dataset, { id: item.datasetId }));
    if (!item || !dataset || dataset.lineage === null) return undefined;
    const source = await settingsOfSource(em, dataset.migrationId);
    return { path: item.path, lineage: dataset.lineage, source };
  });
  if (found === undefined) return null;
  const map = await sealedMap(context, found.lineage);
  const signal = AbortSignal.timeout(DEADLINE_MS);
  return withSource(context, found.source, signal, (source) => {
    const bytes = source.read(found.path, 0, signal);
    return explain(map, { path: found.path, bytes, key }, (value) => keyedDigest(context.keys.record, value));
  });
}
