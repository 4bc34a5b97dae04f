/** The maps a dataset has been declared with: as they are sealed, who approved them, and what changed between two. */
import type { Sha256 } from '../../../kernel/digest.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
import { diffLineages, type LineageChange, type WrittenLineage } from '../../../records/lineage/diff.ts';
import { readSealedText } from '../../../records/lineage/sealed.ts';
import { lineagesOf } from '../store/migration-rows.ts';
import type { LineageApproval } from '../store/tables.ts';
import type { InventoryContext } from './context.ts';

export interface LineageVersion extends Omit<LineageApproval, 'lineage' | 'id'> {
  readonly digest: Sha256;
  readonly current: boolean;
  readonly name: string;
  readonly version: string;
  /** As it is sealed: YAML or JSON. */
  readonly text: string;
}

/** What a dataset has now comes first; pass-through has no text and is no version. */
export async function lineageVersions(
  context: InventoryContext,
  dataset: { readonly id: Id; readonly lineage: Sha256 | null },
): Promise<readonly LineageVersion[]> {
  const rows = await context.store.read((em) => lineagesOf(em, dataset.id));
  const versions: LineageVersion[] = [];
  for (const { lineage, datasetId, state, proposedBy, approvedBy, approvedAt } of rows) {
    if (lineage === null) continue;
    const { map, text } = await written(context, lineage);
    const facts = { datasetId, state, proposedBy, approvedBy, approvedAt };
    const { name, version } = map;
    versions.push({ ...facts, digest: lineage, current: lineage === dataset.lineage, name, version, text });
  }
  return versions.sort((left, right) => Number(right.current) - Number(left.current));
}

/** What changed from one version of a dataset to another; undefined where `from` was never a map of it. */
export async function lineageChanges(
  context: InventoryContext,
  { datasetId, digest, from }: { readonly datasetId: Id; readonly digest: Sha256; readonly from: Sha256 },
): Promise<readonly LineageChange[] | undefined> {
  const rows = await context.store.read((em) => lineagesOf(em, datasetId));
  if (!rows.some(({ lineage }) => lineage === from)) return undefined;
  return diffLineages(await written(context, from), await written(context, digest));
}

async function written({ strongroom }: InventoryContext, lineage: Sha256): Promise<WrittenLineage> {
  const { map, text } = await readSealedText(lineage, strongroom.readWhole);
  if (!map.ok) throw brokenPromise('a sealed lineage map is not one', lineage);
  return { map: map.value, text };
}
