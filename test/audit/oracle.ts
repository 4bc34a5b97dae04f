/** The oracle of the log: derives everything again from the raw files by the naive definition. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../../subgraphs/audit/domain/checkpoint.ts';
import type { NoteVerifier } from '../../subgraphs/audit/domain/note.ts';
import { leafHash } from '../../subgraphs/audit/domain/merkle.ts';
import { decodeBundle, tilePath, tilesOf } from '../../subgraphs/audit/domain/tile.ts';
import { naiveRoot } from './domain/naive-tree.ts';

export interface CheckedLog {
  readonly size: number;
  readonly root: Buffer;
  readonly entries: readonly Buffer[];
}

/** Reads the log in `directory`/log; throws when its files do not come to its published checkpoint. */
export function checkLog(directory: string, verifier: NoteVerifier): CheckedLog {
  const folder = join(directory, 'log');
  const checkpoint = openCheckpoint(readFileSync(join(folder, 'checkpoint'), 'utf8'), verifier);
  if (checkpoint === undefined) throw new Error('the checkpoint is not signed by the log');
  const entries: Buffer[] = [];
  for (const tile of tilesOf(checkpoint.size)) {
    const bytes = readFileSync(join(folder, tilePath(tile)));
    if (tile.level === 'entries') {
      const bundle = decodeBundle(bytes);
      if (bundle?.length !== tile.width) throw new Error(`${tilePath(tile)} is no bundle of ${tile.width}`);
      entries.push(...bundle);
    } else {
      for (let at = 0; at < tile.width; at++) {
        const span = 256 ** tile.level;
        const from = (tile.index * 256 + at) * span;
        const expected =
          tile.level === 0 ? leafHash(entries[from] ?? Buffer.alloc(0)) : naiveRoot(entries.slice(from, from + span));
        if (!bytes.subarray(at * 32, at * 32 + 32).equals(expected))
          throw new Error(`${tilePath(tile)} is wrong at ${at}`);
      }
    }
  }
  if (!naiveRoot(entries).equals(checkpoint.root)) throw new Error('the entries do not come to the root');
  const ids = new Set(entries.map((entry) => (JSON.parse(entry.toString()) as { id: string }).id));
  if (ids.size !== entries.length) throw new Error('an entry is in the log twice');
  return { size: checkpoint.size, root: checkpoint.root, entries };
}

/** The temporary files that writers left behind. */
export function leftovers(directory: string): readonly string[] {
  return readdirSync(join(directory, 'log', 'incoming'));
}
