/** Reading the published log: entries as they were written, and proofs of them. */
import type { AuditEntry } from '../../../kernel/event.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Store } from '../../../runtime/store.ts';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { readEntry } from '../domain/entry.ts';
import { encodeProofFile } from '../domain/proof-file.ts';
import { TILE_WIDTH } from '../domain/tile.ts';
import { consistencyProof, inclusionProof } from '../domain/proof.ts';
import { openCheckpoint, type Checkpoint } from '../domain/checkpoint.ts';
import type { NoteVerifier } from '../domain/note.ts';
import { type EntryFilter, pageOfEntries } from '../store/entries.ts';
import { readHead } from '../store/log-head.ts';
import { damaged } from './append.ts';
import type { LogFiles } from './log-files.ts';

/** An entry of the published log. */
export interface ReadLogEntry {
  readonly position: number;
  readonly entry: AuditEntry;
  /** The text whose hash is the leaf. */
  readonly text: string;
}

export interface ReadPage {
  readonly entries: readonly ReadLogEntry[];
  readonly total: number;
}

/** Up to `first` published entries after a position, oldest first, and how many there are in all. */
export async function readPage(
  log: { readonly store: Store; readonly files: LogFiles },
  filter: EntryFilter,
  first: number,
  after: number | undefined,
): Promise<ReadPage> {
  const page = await log.store.read(async (em: SqlEntityManager) => {
    const { published } = await readHead(em);
    return pageOfEntries(em, { ...filter, below: published }, first, after);
  });
  const entries: ReadLogEntry[] = [];
  for (const { position } of page.entries) entries.push(await readAt(log.files, position));
  return { entries, total: page.total };
}

/** The exact bytes of the entry at a position that is in the published log. */
export async function readEntryBytes(files: LogFiles, position: number): Promise<Buffer> {
  const place = position % TILE_WIDTH;
  const entries = await files.entries(Math.floor(position / TILE_WIDTH), place + 1);
  const bytes = entries[place];
  if (bytes === undefined) throw brokenPromise(`the log has no entry at ${position}`);
  return bytes;
}

/** The entry at a position that is published. */
export async function readAt(files: LogFiles, position: number): Promise<ReadLogEntry> {
  const bytes = await readEntryBytes(files, position);
  const entry = readEntry(bytes);
  if (entry === undefined) throw damaged(`entry ${position}`);
  return { position, entry, text: bytes.toString() };
}

export interface PublishedCheckpoint {
  /** The signed note. */
  readonly text: string;
  readonly checkpoint: Checkpoint;
}

/** The published checkpoint. Fails with LOG_DAMAGED when it is not signed by the log's key. */
export async function readCheckpoint(files: LogFiles, verifier: NoteVerifier): Promise<PublishedCheckpoint> {
  const text = (await files.checkpoint()) ?? '';
  const checkpoint = openCheckpoint(text, verifier);
  if (checkpoint === undefined) throw damaged('checkpoint');
  return { text, checkpoint };
}

/** A `.tlog-proof` file for an entry, ending in the checkpoint given. */
export function proofFileOf(files: LogFiles, published: PublishedCheckpoint, position: number): string {
  const proof = inclusionProof(files.tiles, published.checkpoint.size, position);
  return encodeProofFile({ index: position, proof, checkpoint: published.text });
}

/** The hashes that prove that the published log begins with its first `oldSize` entries. */
export function growthProof(files: LogFiles, { checkpoint }: PublishedCheckpoint, oldSize: number): readonly Buffer[] {
  return consistencyProof(files.tiles, oldSize, checkpoint.size);
}
