/** Sealing a survey: one line for each item of a dataset, sorted by path, under one digest. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { sealLines } from '../../../runtime/strongroom.ts';
import { surveyLine } from '../domain/item.ts';
import { itemsByPath } from '../store/items.ts';
import { Dataset } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import type { InventoryContext } from './context.ts';
import { holdPass, type Pass } from './pass.ts';

interface Totals {
  bytes: number;
  excludedItems: number;
}

export async function sealDataset(context: InventoryContext, pass: Pass, { id }: Dataset): Promise<void> {
  const totals: Totals = { bytes: 0, excludedItems: 0 };
  const { digest, lines } = await sealLines(context.strongroom, surveyLines(context, pass, id, totals));
  await context.store.transact(async (unit) => {
    await holdPass(unit, pass);
    const dataset = await unit.em.findOneOrFail(Dataset, { id });
    Object.assign(dataset, { survey: digest, items: lines, ...totals });
    unit.emit(
      eventOf(context, {
        type: 'inventory.dataset-surveyed.v1',
        subject: id,
        occurrence: `${pass.pass} ${digest}`,
        payload: {
          migrationId: pass.migrationId,
          datasetId: id,
          survey: digest,
          items: lines,
          bytes: totals.bytes,
        },
      }),
    );
    const digests = { survey: digest };
    unit.audit(entryOf(context, { action: 'dataset-surveyed', subject: id, occurrence: digest, digests }));
  });
}

async function* surveyLines(
  { store }: InventoryContext,
  { pass }: Pass,
  datasetId: string,
  totals: Totals,
): AsyncGenerator<Json> {
  for await (const item of itemsByPath((work) => store.read(work), datasetId, pass)) {
    totals.bytes += item.sizeBytes;
    if (item.excluded !== null) totals.excludedItems += 1;
    yield surveyLine(item);
  }
}
