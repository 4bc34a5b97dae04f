/** The text of a lineage map: from whoever declares, from those that come with Waybill, or from the strongroom. */
import { readFile } from 'node:fs/promises';
import type { Sha256 } from '../../../kernel/digest.ts';
import { isFault } from '../../../kernel/fault.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Format } from '../../../records/format.ts';
import { compileLineage } from '../../../records/lineage/compile.ts';
import type { LineageMap } from '../../../records/lineage/language.ts';
import { parseLineage } from '../../../records/lineage/parse.ts';
import type { Strongroom } from '../../../runtime/strongroom.ts';
import { readLineageReference } from '../domain/lineage-reference.ts';
import type { Problem } from '../domain/readiness.ts';
import { shippedLineages } from './shipped-lineages.ts';

const LINEAGE_SIZE_MAX_BYTES = 4 * 1024 * 1024;

/** The text behind `reference`; null for pass-through. Refuses with LINEAGE_MISSING when nobody has brought it. */
export async function lineageText(
  reference: string,
  brought: ReadonlyMap<string, string>,
): Promise<Outcome<string | null>> {
  const read = readLineageReference(reference);
  if (read.kind === 'pass-through') return granted(null);
  if (read.kind === 'file') {
    const text = brought.get(reference);
    return text === undefined ? missing() : granted(text);
  }
  const path = shippedLineages().get(read.name);
  return path === undefined ? missing() : granted(await readFile(path, 'utf8'));
}

function missing(): Outcome<never> {
  return refused({
    code: 'LINEAGE_MISSING',
    message: 'the plan names a lineage map that was not handed in with it',
    remedy: 'hand in the text of every lineage map the plan names by path',
  });
}

/** Whether data of `format` can follow the map; what parseLineage refuses with, or LINEAGE_FORMAT. */
export function checkLineage(text: string, format: Format): Outcome<LineageMap> {
  const parsed = parseLineage(text);
  if (!parsed.ok) return parsed;
  const lineage = compileLineage(parsed.value);
  if (lineage.format === format) return parsed;
  return refused({
    code: 'LINEAGE_FORMAT',
    message: `the lineage map ${lineage.name} reads ${lineage.format}, and the dataset holds ${format}`,
    remedy: 'choose the map for the format of the dataset, or mend the format',
  });
}

/** What is wrong with the sealed map of a dataset; null when data can follow it. */
export async function sealedLineageProblem(
  strongroom: Strongroom,
  lineage: Sha256 | null,
  format: Format,
): Promise<Problem | null> {
  if (lineage === null) return null;
  try {
    const bytes = await strongroom.readWhole(lineage, LINEAGE_SIZE_MAX_BYTES);
    const checked = checkLineage(bytes.toString('utf8'), format);
    if (checked.ok) return null;
    const [first] = checked.refusals;
    return { code: first?.code ?? 'LINEAGE_INVALID', reason: first?.message ?? 'the lineage map cannot be followed' };
  } catch (error) {
    if (!isFault(error) || error.retry !== 'permanent') throw error;
    return { code: error.code, reason: error.message };
  }
}
