/** Reads a ZIP, and every ZIP inside it, entry by entry: what each one is by its content, and what is wrong with it. */
import { sha256 } from '../../kernel/digest.ts';
import { CLASSIFY_BYTES_MAX, type ContentKind, classify } from '../classify.ts';
import { agreesWithExtension } from '../extension.ts';
import type { Problem } from '../format.ts';
import { gather, ItemReading } from '../item-bytes.ts';
import yauzl, { type Entry } from 'yauzl';
import { Budget, OverLimit } from './budget.ts';
import { type ArchiveBytes, heldArchive, Unseen } from './bytes.ts';
import { EntryContent, type Opened } from './content.ts';
import { contentProblem, encrypted, entryPosition, isFolder, nameOf, pathProblem } from './entry.ts';
import { ARCHIVE_LIMITS, type ArchiveLimits } from './limits.ts';
import { RandomAccess } from './random-access.ts';

export interface Member {
  readonly kind: 'member';
  /** For example `entry 3`, or `entry 3 entry 1` inside an archive inside the archive. */
  readonly position: string;
  /** Never told to anybody: a name of a file may name a patient. */
  readonly name: string;
  readonly contentKind: ContentKind;
  /** To be read before the next member is asked for; what is left is passed over. Empty for an archive. */
  readonly chunks: ItemReading;
}

export type ArchiveRead = Member | { readonly kind: 'problem'; readonly problem: Problem };

export interface ArchiveOptions {
  readonly limits?: ArchiveLimits;
  /** False lists the entries and unpacks none. */
  readonly unpack?: boolean;
}

interface Reading {
  readonly budget: Budget;
  readonly unpack: boolean;
  readonly depth: number;
  /** What positions begin with. */
  readonly within: string;
}

/** Never throws on data, only what `bytes` throws. Folders are no members. Nothing is ever written to a disk. */
export async function* readArchive(
  bytes: ArchiveBytes,
  { limits = ARCHIVE_LIMITS, unpack = true }: ArchiveOptions = {},
): AsyncGenerator<ArchiveRead> {
  const budget = new Budget(limits, bytes.sizeBytes);
  try {
    yield* readOne(bytes, { budget, unpack, depth: 1, within: '' });
  } catch (error) {
    if (!(error instanceof OverLimit)) throw error;
    yield { kind: 'problem', problem: error.problem };
  }
}

async function* readOne(bytes: ArchiveBytes, reading: Reading): AsyncGenerator<ArchiveRead> {
  const access = new RandomAccess(bytes);
  let [ordinal, isListed] = [0, false];
  try {
    const options = { decodeStrings: false, autoClose: false, validateEntrySizes: false };
    const zip = await new Promise<yauzl.ZipFile>((resolve, reject) =>
      yauzl.fromRandomAccessReader(access, bytes.sizeBytes, { ...options, lazyEntries: true }, (error, opened) =>
        error === null ? resolve(opened) : reject(error),
      ),
    );
    isListed = true;
    reading.budget.entries(zip.entryCount, `${reading.within}item`);
    const names = new Names();
    for await (const entry of zip.eachEntry()) {
      ordinal++;
      yield* readEntry({ zip, access, budget: reading.budget }, entry, reading, ordinal, names);
    }
  } catch (error) {
    if (error instanceof OverLimit) throw error;
    if (access.failure?.error instanceof Unseen) return;
    if (access.failure !== undefined) throw access.failure.error;
    const place = isListed ? entryPosition(reading.within, ordinal + 1) : `${reading.within}byte ${bytes.sizeBytes}`;
    yield { kind: 'problem', problem: listProblem(error, place) };
  }
}

/** The library's own words may hold a name, so they are not passed on. */
function listProblem(error: unknown, position: string): Problem {
  const isLocked = error instanceof Error && error.message.startsWith('strong encryption');
  if (isLocked) return encrypted(position);
  const message = 'the list of entries is cut off or damaged; what it lists from here on is not known';
  return { category: 'unreadable', code: 'ARCHIVE_UNREADABLE', position, message };
}

async function* readEntry(
  opened: Opened,
  entry: Entry,
  reading: Reading,
  ordinal: number,
  names: Names,
): AsyncGenerator<ArchiveRead> {
  const position = entryPosition(reading.within, ordinal);
  const name = nameOf(entry);
  for (const problem of [pathProblem(entry, name, position), names.problem(name, position)]) {
    if (problem !== undefined) yield { kind: 'problem', problem };
  }
  if (isFolder(name)) return;
  opened.budget.foresee(entry.uncompressedSize, position);
  const closed = contentProblem(entry, position);
  if (closed !== undefined) yield { kind: 'problem', problem: closed };
  if (closed !== undefined || !reading.unpack) return yield listed(name, position);
  const content = new EntryContent(opened, entry, position);
  const chunks = new ItemReading(content);
  const contentKind = classify(await chunks.peek(CLASSIFY_BYTES_MAX));
  if (contentKind === 'zip') yield* readInner(chunks, { name, position }, reading);
  else yield { kind: 'member', position, name, contentKind, chunks };
  await chunks.drain();
  if (content.problem !== undefined) {
    if (content.isOver) throw new OverLimit(content.problem);
    yield { kind: 'problem', problem: content.problem };
  }
  if (contentKind !== 'empty' && !agreesWithExtension(name, contentKind)) {
    yield { kind: 'problem', problem: misnamed(position, contentKind) };
  }
}

/** A member of which nothing but its name is known. */
function listed(name: string, position: string): Member {
  return { kind: 'member', position, name, contentKind: 'unknown', chunks: new ItemReading(Buffer.alloc(0)) };
}

async function* readInner(
  chunks: ItemReading,
  { name, position }: { readonly name: string; readonly position: string },
  { budget, unpack, depth }: Reading,
): AsyncGenerator<ArchiveRead> {
  const { depthMax, heldBytesMax } = budget.limits;
  yield { kind: 'member', position, name, contentKind: 'zip', chunks: new ItemReading(Buffer.alloc(0)) };
  if (depth >= depthMax) {
    const message = `archives inside archives are opened ${depthMax} deep, and this one lies deeper`;
    yield { kind: 'problem', problem: { category: 'unreadable', code: 'NESTED_TOO_DEEPLY', position, message } };
    return;
  }
  const held = await gather(chunks, heldBytesMax);
  if (held === undefined) {
    const message = `an archive inside the archive is longer than ${heldBytesMax} bytes and was not opened`;
    const problem = { category: 'content-implausible', code: 'TOO_LARGE_TO_LOOK_INTO', position, message } as const;
    return yield { kind: 'problem', problem };
  }
  yield* readOne(heldArchive(held), { budget, unpack, depth: depth + 1, within: `${position} ` });
}

function misnamed(position: string, kind: ContentKind): Problem {
  const message = `the extension does not match the content, which is ${kind}`;
  return { category: 'schema-invalid', code: 'EXTENSION_DIFFERS', position, message };
}

const NAME_DIGEST_DIGITS = 24;

/** The names of one archive, as digests: two entries of one name are two files of which only one is ever unpacked. */
class Names {
  readonly #seen = new Set<string>();

  problem(name: string, position: string): Problem | undefined {
    const digest = sha256(name).slice(0, NAME_DIGEST_DIGITS);
    if (!this.#seen.has(digest)) {
      this.#seen.add(digest);
      return undefined;
    }
    const message = 'another entry before it has the same name; whoever unpacks both keeps one';
    return { category: 'schema-invalid', code: 'ARCHIVE_NAME_REPEATED', position, message };
  }
}
