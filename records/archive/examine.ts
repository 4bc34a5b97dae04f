/** Sanity of an archive: it can be listed and unpacked, and every member is what its content says it should be. */
import type { ContentKind } from '../classify.ts';
import { extensionProblems } from '../document/examine.ts';
import { sniffMediaType } from '../document/sniff.ts';
import { type FileWindows, readWindows } from '../document/windows.ts';
import { Findings } from '../findings.ts';
import type { Examination, Problem } from '../format.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { heldArchive, windowedArchive } from './bytes.ts';
import { readArchive } from './read.ts';

/** An archive of up to twice this size is held and unpacked; of a larger one the list of entries is read. */
export const ARCHIVE_WINDOW_BYTES = 16 * 1024 * 1024;

export type ExamineMember = (kind: ContentKind, chunks: ItemChunks) => Promise<readonly Problem[]>;

/** One record a member, those of archives inside it included; what a member's own fields are is not counted. */
export async function examineArchive(path: string, chunks: ItemChunks, member: ExamineMember): Promise<Examination> {
  return examineHeldArchive(path, await readWindows(chunks, ARCHIVE_WINDOW_BYTES), member);
}

/** The same of a file whose windows are held; without `member`, members are unpacked and not examined. */
export async function examineHeldArchive(
  path: string,
  file: FileWindows,
  member?: ExamineMember,
): Promise<Examination> {
  const findings = new Findings();
  const mediaType = sniffMediaType(file.head);
  const bytes = file.whole === undefined ? windowedArchive(file) : heldArchive(file.whole);
  let [records, isReadable] = [0, true];
  const add = (problem: Problem): void => {
    isReadable &&= problem.category !== 'unreadable';
    findings.add(problem);
  };
  for await (const read of readArchive(bytes, { unpack: file.whole !== undefined })) {
    if (read.kind === 'problem') {
      add(read.problem);
      continue;
    }
    if (read.contentKind === 'zip') continue;
    records++;
    const { position, contentKind, chunks } = read;
    const problems = (await member?.(contentKind, chunks)) ?? [];
    for (const problem of problems) add({ ...problem, position: `${position} ${problem.position}` });
  }
  for (const problem of extensionProblems(path, mediaType)) findings.add(problem);
  return { shape: isReadable ? { records, fields: 0 } : null, problems: findings.all(), mediaType };
}
