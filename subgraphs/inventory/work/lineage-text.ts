/** The text of a lineage map: from whoever declares, from those that come with Waybill, or from the strongroom. */
import { readFile } from 'node:fs/promises';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { isFault } from '../../../kernel/fault.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';
import type { Format } from '../../../records/format.ts';
import { documentsOf, type HandedCodeMap } from '../../../records/lineage/code-documents.ts';
import type { LineageMap } from '../../../records/lineage/language.ts';
import { flattenLineage } from '../../../records/lineage/parse.ts';
import { readSealedText } from '../../../records/lineage/sealed.ts';
import type { Strongroom } from '../../../runtime/strongroom.ts';
import { readLineageReference } from '../domain/lineage-reference.ts';
import type { Problem } from '../domain/readiness.ts';
import { shippedLibraries, shippedLineages } from '../../../records/maps/shipped.ts';

/** A map that a plan names by path: its text, or the map itself. */
export interface BroughtLineage {
  readonly reference: string;
  readonly text?: string | null | undefined;
  readonly map?: Json | undefined;
}

/** Texts by reference. Refuses with LINEAGE_UNCLEAR what brings both or neither. */
export function lineagesOf(brought: readonly BroughtLineage[]): Outcome<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>();
  for (const { reference, text, map } of brought) {
    const written = map == null ? text : JSON.stringify(map, null, 2);
    if (written == null || (text != null && map != null)) return unclear(reference);
    texts.set(reference, written);
  }
  return granted(texts);
}

function unclear(reference: string): Outcome<never> {
  return refused({
    code: 'LINEAGE_UNCLEAR',
    message: 'a lineage map is handed in either as its text or as the map itself',
    field: ['lineages', reference],
    remedy: 'give one of text and map',
  });
}

/**
 * The text behind `reference`, with the shapes it uses in it; null for pass-through. Refuses with LINEAGE_MISSING when
 * nobody has brought it, and as flattenLineage does.
 */
export async function lineageText(
  reference: string,
  brought: ReadonlyMap<string, string>,
  codeMaps: readonly HandedCodeMap[],
): Promise<Outcome<string | null>> {
  const read = readLineageReference(reference);
  if (read.kind === 'pass-through') return granted(null);
  if (read.kind === 'file') {
    const text = brought.get(reference);
    return text === undefined ? missing() : flattenLineage(text, shippedLibraries(), codeMaps);
  }
  const path = shippedLineages().get(read.name);
  return path === undefined ? missing() : flattenLineage(await readFile(path, 'utf8'), shippedLibraries(), codeMaps);
}

function missing(): Outcome<never> {
  return refused({
    code: 'LINEAGE_MISSING',
    message: 'the plan names a lineage map that was not handed in with it',
    remedy: 'hand in the text of every lineage map the plan names by path',
  });
}

/** Whether data of `format` can follow the map; what it was refused with, or LINEAGE_FORMAT. */
export function checkLineage(parsed: Outcome<LineageMap>, format: Format): Outcome<LineageMap> {
  if (!parsed.ok) return parsed;
  const lineage = parsed.value;
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
    const { map } = await readSealedText(lineage, strongroom.readWhole);
    const checked = checkLineage(map, format);
    if (checked.ok) return await codeMapProblem(strongroom, checked.value);
    const [first] = checked.refusals;
    return { code: first?.code ?? 'LINEAGE_INVALID', reason: first?.message ?? 'the lineage map cannot be followed' };
  } catch (error) {
    if (!isFault(error) || error.retry !== 'permanent') throw error;
    return { code: error.code, reason: error.message };
  }
}

async function codeMapProblem(strongroom: Strongroom, map: LineageMap): Promise<Problem | null> {
  for (const digest of documentsOf(map)) {
    if (await strongroom.has(digest)) continue;
    return { code: 'CODE_MAP_MISSING', reason: 'a code map the lineage names is not in the strongroom' };
  }
  return null;
}
