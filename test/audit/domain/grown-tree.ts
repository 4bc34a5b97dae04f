/** A tree grown entry by entry, its tiles kept as the files of a log would be. */
import { HASH_BYTES, leafHash } from '../../../subgraphs/audit/domain/merkle.ts';
import { TILE_WIDTH, tilePath, type TileReader } from '../../../subgraphs/audit/domain/tile.ts';
import { TreeEdge } from '../../../subgraphs/audit/domain/tree-edge.ts';

export interface GrownTree {
  readonly entries: readonly Buffer[];
  readonly edge: TreeEdge;
  readonly tiles: TileReader;
  readonly files: ReadonlyMap<string, Buffer>;
}

export function entriesOf(count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) => Buffer.from(`entry ${at}`));
}

/** Grows a tree in steps; after each step the tiles are taken, and the edge is loaded again from them. */
export function grow(count: number, step: number = count): GrownTree {
  const entries = entriesOf(count);
  const files = new Map<string, Buffer>();
  const tiles: TileReader = {
    read(level, index, width) {
      // A wider tile begins with every narrower one.
      for (let wider = width; wider <= TILE_WIDTH; wider++) {
        const bytes = files.get(tilePath({ level, index, width: wider }));
        if (bytes !== undefined) return bytes.subarray(0, width * HASH_BYTES);
      }
      throw new Error(`no tile ${tilePath({ level, index, width })}`);
    },
  };
  let edge = new TreeEdge();
  for (let from = 0; from < count; from += step) {
    for (const entry of entries.slice(from, from + step)) edge.append(leafHash(entry));
    for (const { name, bytes } of edge.takeTiles()) files.set(tilePath(name), bytes);
    edge = TreeEdge.load(edge.size, tiles);
  }
  return { entries, edge, tiles, files };
}
