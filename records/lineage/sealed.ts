/** A sealed lineage map, ready to be compiled: with the code maps it names, which are sealed beside it. */
import { sha256, type Sha256 } from '../../kernel/digest.ts';
import { granted, type Outcome } from '../../kernel/refusal.ts';
import { withDocuments } from './code-documents.ts';
import type { LineageMap } from './language.ts';
import { LINEAGE_CHARACTERS_MAX, parseLineage } from './parse.ts';
import { Understood } from './understood.ts';

/** A UTF-16 code unit is at most three bytes of UTF-8. */
const LINEAGE_BYTES_MAX = 3 * LINEAGE_CHARACTERS_MAX;
/** A map takes about ten times its text: a house of some hundred datasets fits, and the longest map does. */
const REMEMBERED_BYTES_MAX = LINEAGE_BYTES_MAX;

/** Reads what is sealed under a digest; fails where it is damaged, or larger than `bytesMax`. */
export type ReadSealed = (digest: Sha256, bytesMax: number) => Promise<Buffer>;

export interface SealedText {
  readonly text: string;
  /** Refused as by parseLineage, which for a sealed map means that it was sealed by a later version. */
  readonly map: Outcome<LineageMap>;
}

const maps = new Understood<Outcome<LineageMap>>(REMEMBERED_BYTES_MAX);

/** The map as it is written. It is read each time, so that damage is noticed, and parsed once. */
export async function readSealedText(lineage: Sha256, read: ReadSealed): Promise<SealedText> {
  const bytes = await read(lineage, LINEAGE_BYTES_MAX);
  return { text: bytes.toString('utf8'), map: maps.of(lineage, bytes, parseLineage) };
}

/** The map of a text that is about to be sealed. */
export function lineageToSeal(text: string): Outcome<LineageMap> {
  return maps.of(sha256(text), Buffer.from(text), parseLineage);
}

/** Refuses as readSealedText does. */
export async function readSealedLineage(lineage: Sha256, read: ReadSealed): Promise<Outcome<LineageMap>> {
  const { map } = await readSealedText(lineage, read);
  return map.ok ? granted(await withDocuments(map.value, read)) : map;
}
