/** The lineage map of a dataset, as it was sealed. */
import type { Sha256 } from '../../../kernel/digest.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { LineageMap } from '../../../records/lineage/language.ts';
import { readSealedLineage } from '../../../records/lineage/sealed.ts';
import type { InventoryContext } from './context.ts';

export async function sealedMap({ strongroom }: InventoryContext, lineage: Sha256): Promise<LineageMap> {
  const parsed = await readSealedLineage(lineage, strongroom.readWhole);
  if (!parsed.ok) throw brokenPromise('a sealed lineage map is not one', lineage);
  return parsed.value;
}
