/** Appends to the log's files: one batch of entries at a time, always from what is on the disk or known to be there. */
import { Fault } from '../../../kernel/fault.ts';
import { openCheckpoint } from '../domain/checkpoint.ts';
import { leafHash } from '../domain/merkle.ts';
import type { NoteVerifier } from '../domain/note.ts';
import { decodeBundle, encodeBundle, TILE_WIDTH, type TileName, tilePath } from '../domain/tile.ts';
import { TreeEdge } from '../domain/tree-edge.ts';
import type { DurableFile } from './durable.ts';
import type { LogFiles } from './log-files.ts';

/** The right edge of the log: the tree's, and the entries of the last, partial bundle. */
export interface LogEdge {
  readonly tree: TreeEdge;
  readonly lastEntries: readonly Buffer[];
}

/** A batch the head has taken in. */
export interface Batch {
  readonly start: number;
  readonly size: number;
  readonly checkpoint: string;
  readonly bundle: Uint8Array;
}

/** Reads the edge of a log of `size` entries. Fails with LOG_DAMAGED when entries and tiles do not belong together. */
export async function loadEdge(files: LogFiles, size: number): Promise<LogEdge> {
  const tree = TreeEdge.load(size, files.tiles);
  const leaves = tree.lastLeaves();
  const index = Math.floor(size / TILE_WIDTH);
  const lastEntries = leaves.length === 0 ? [] : await files.entries(index, leaves.length);
  const isWhole = lastEntries.every((entry, at) => leaves[at]?.equals(leafHash(entry)));
  if (!isWhole) throw damaged(tilePath({ level: 'entries', index, width: leaves.length }));
  return { tree, lastEntries };
}

/**
 * Writes a batch behind `edge`, and gives the new edge. Nothing is published; writing a batch again writes the same
 * files. Fails with LOG_DAMAGED when the tree does not come to the root that was signed.
 */
export async function writeBatch(
  files: LogFiles,
  edge: LogEdge,
  batch: Batch,
  verifier: NoteVerifier,
): Promise<LogEdge> {
  const entries = decodeBundle(batch.bundle);
  const signed = openCheckpoint(batch.checkpoint, verifier);
  const tree = edge.tree.copy();
  for (const entry of entries ?? []) tree.append(leafHash(entry));
  if (entries === undefined || signed?.size !== tree.size || !signed.root.equals(tree.root())) {
    throw damaged('checkpoint');
  }
  const written: DurableFile[] = tree.takeTiles().map(({ name, bytes }) => ({ path: tilePath(name), bytes }));
  const all = [...edge.lastEntries, ...entries];
  const first = Math.floor(edge.tree.size / TILE_WIDTH);
  let lastEntries: readonly Buffer[] = [];
  for (let from = 0; from < all.length; from += TILE_WIDTH) {
    const some = all.slice(from, from + TILE_WIDTH);
    const name: TileName = { level: 'entries', index: first + from / TILE_WIDTH, width: some.length };
    written.push({ path: tilePath(name), bytes: encodeBundle(some) });
    lastEntries = some.length < TILE_WIDTH ? some : [];
  }
  await files.write(written);
  return { tree, lastEntries };
}

/** The tiles and bundles that are full at `size` and were not at `start`. */
export function* filledBetween(start: number, size: number): Generator<TileName> {
  for (let level = 0, unit = TILE_WIDTH; unit <= size; level++, unit *= TILE_WIDTH) {
    for (let index = Math.floor(start / unit); index < Math.floor(size / unit); index++) {
      yield { level, index, width: TILE_WIDTH };
      if (level === 0) yield { level: 'entries', index, width: TILE_WIDTH };
    }
  }
}

export function damaged(file: string): Fault {
  const message = `the files of the audit log do not come to its signed root; restore <directory>/log from a copy`;
  return new Fault({ code: 'LOG_DAMAGED', retry: 'permanent', message, subject: file });
}
