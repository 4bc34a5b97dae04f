/** What an archive hides: its members, what each of them is by its content, and what each of them hides in turn. */
import { type ArchiveBytes, heldArchive } from '../archive/bytes.ts';
import { ARCHIVE_LIMITS, type ArchiveLimits } from '../archive/limits.ts';
import { type Member, readArchive } from '../archive/read.ts';
import type { ContentKind } from '../classify.ts';
import { gather } from '../item-bytes.ts';
import { isStructured } from '../structure.ts';
import type { HiddenCount } from './hidden.ts';

export interface ArchiveLook {
  /** Looks into a member as it would into an item. */
  readonly lookInto: (kind: ContentKind, chunks: AsyncIterable<Uint8Array>, seen: HiddenCount) => Promise<void>;
  /** The same archive read from anywhere, where that is possible: then it may be of any size. */
  readonly anywhere?: ArchiveBytes | undefined;
  readonly limits?: ArchiveLimits | undefined;
}

/** The parts of an office document are no items of their own (ISO/IEC 29500-2; OpenDocument 1.3 part 2). */
const PACKAGE_PART = /^(?:\[Content_Types\]\.xml|mimetype)$/;
/** Pictures and documents inside an office document. */
const EMBEDDED_PART = /(?:^|\/)(?:media|embeddings|Pictures)\/[^/]+$/;

export async function seeArchive(
  chunks: AsyncIterable<Uint8Array>,
  seen: HiddenCount,
  { lookInto, anywhere, limits = ARCHIVE_LIMITS }: ArchiveLook,
): Promise<void> {
  const bytes = await bytesOf(chunks, anywhere, limits);
  if (bytes === undefined) return seen.note('TOO_LARGE_TO_LOOK_INTO', 'item');
  let [isPackage, hasRecords] = [false, false];
  for await (const read of readArchive(bytes, { limits })) {
    if (read.kind === 'problem') {
      if (!isPackage || read.problem.category === 'unreadable') seen.note(read.problem.code, read.problem.position);
      continue;
    }
    isPackage ||= read.position === 'entry 1' && PACKAGE_PART.test(read.name);
    if (isPackage) {
      if (EMBEDDED_PART.test(read.name)) seen.count('attachment');
      continue;
    }
    seen.count(read.contentKind === 'zip' ? 'nested-archive' : 'archive-member');
    if (isStructured(read.contentKind) === true && !hasRecords) {
      hasRecords = true;
      seen.note('RECORDS_IN_ARCHIVE', read.position);
    }
    await lookAtMember(read, seen, lookInto);
  }
}

async function lookAtMember(
  { position, contentKind, chunks }: Member,
  seen: HiddenCount,
  lookInto: ArchiveLook['lookInto'],
): Promise<void> {
  if (contentKind !== 'zip') await seen.inside(position, () => lookInto(contentKind, chunks, seen));
}

/** Held whole where it is small, and read where its parts stand where it is large. */
async function bytesOf(
  chunks: AsyncIterable<Uint8Array>,
  anywhere: ArchiveBytes | undefined,
  { heldBytesMax }: ArchiveLimits,
): Promise<ArchiveBytes | undefined> {
  if (anywhere !== undefined && anywhere.sizeBytes > heldBytesMax) return anywhere;
  const held = await gather(chunks, heldBytesMax);
  return held === undefined ? anywhere : heldArchive(held);
}
