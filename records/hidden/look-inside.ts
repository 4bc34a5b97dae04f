/** Looks into one item for what a list of items does not show. */
import type { ArchiveBytes } from '../archive/bytes.ts';
import type { ContentKind } from '../classify.ts';
import { seeArchive } from './archive.ts';
import { seeCcda } from './ccda.ts';
import { seeFhir } from './fhir.ts';
import { HiddenCount, type HiddenThings } from './hidden.ts';
import { seeHl7 } from './hl7v2.ts';
import { seeIndexFile } from './index-file.ts';
import { seeHtml, seeRtf } from './markup.ts';

type Detector = (chunks: AsyncIterable<Uint8Array>, seen: HiddenCount) => Promise<void>;

const DETECTORS: Partial<Readonly<Record<ContentKind, Detector>>> = {
  hl7v2: seeHl7,
  'fhir-json': seeFhir,
  'fhir-ndjson': seeFhir,
  ccda: seeCcda,
  delimited: seeIndexFile,
  text: seeIndexFile,
  html: seeHtml,
  rtf: seeRtf,
  dicom: async (_chunks, seen) => seen.count('imaging-reference'),
};

/**
 * Never throws on data, only what `chunks` or `anywhere` throws; may leave `chunks` before their end. `anywhere` reads
 * the same item from any offset, where its source can: an archive may then be of any size.
 */
export async function lookInside(
  kind: ContentKind,
  chunks: AsyncIterable<Uint8Array>,
  anywhere?: ArchiveBytes,
): Promise<HiddenThings> {
  const seen = new HiddenCount();
  if (kind === 'zip') await seeArchive(chunks, seen, { lookInto, anywhere });
  else await lookInto(kind, chunks, seen);
  return seen.all();
}

async function lookInto(kind: ContentKind, chunks: AsyncIterable<Uint8Array>, seen: HiddenCount): Promise<void> {
  await DETECTORS[kind]?.(chunks, seen);
}
