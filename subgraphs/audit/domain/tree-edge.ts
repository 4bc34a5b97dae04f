/** The growing right edge of the tree: all that is needed to append, about 8 KiB a level. */
import { brokenPromise } from '../../../kernel/fault.ts';
import { EMPTY_ROOT, HASH_BYTES, nodeHash, perfectParts, perfectRoot } from './merkle.ts';
import { hashesAt, TILE_WIDTH, type TileName, type TileReader } from './tile.ts';

export interface Tile {
  readonly name: TileName;
  readonly bytes: Buffer;
}

interface Level {
  readonly hashes: Buffer;
  count: number;
  index: number;
}

/** Owned by one writer. Appending is O(1) amortised; the tiles filled on the way wait for `takeTiles`. */
export class TreeEdge {
  #size = 0;
  #filled: Tile[] = [];
  readonly #levels: Level[] = [];

  /** Continues a tree of `size` leaves from its partial tiles. The caller compares `root()` with what he trusts. */
  static load(size: number, tiles: TileReader): TreeEdge {
    const edge = new TreeEdge();
    for (let level = 0; hashesAt(size, level) > 0; level++) {
      const count = hashesAt(size, level);
      const index = Math.floor(count / TILE_WIDTH);
      const width = count % TILE_WIDTH;
      const held = edge.#level(level);
      held.index = index;
      held.count = width;
      if (width > 0) held.hashes.set(exactly(tiles.read(level, index, width), width * HASH_BYTES));
    }
    edge.#size = size;
    return edge;
  }

  /** The same edge, to be grown on trial. Filled tiles that were not taken are not copied. */
  copy(): TreeEdge {
    const copy = new TreeEdge();
    copy.#size = this.#size;
    for (const { hashes, count, index } of this.#levels) {
      copy.#levels.push({ hashes: Buffer.from(hashes), count, index });
    }
    return copy;
  }

  /** The hashes of the leaves in the last, partial tile. */
  lastLeaves(): Buffer[] {
    const [leaves] = this.#levels;
    return Array.from({ length: leaves?.count ?? 0 }, (_, at) =>
      Buffer.from(leaves?.hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES) ?? []),
    );
  }

  get size(): number {
    return this.#size;
  }

  append(leaf: Uint8Array): void {
    this.#push(0, leaf);
    this.#size += 1;
  }

  root(): Buffer {
    let root: Buffer | undefined;
    for (const level of this.#levels) {
      for (const part of perfectParts(level.hashes, level.count).reverse()) {
        root = root === undefined ? part : nodeHash(part, root);
      }
    }
    return root ?? EMPTY_ROOT;
  }

  /** The tiles filled since the last call. */
  takeFilled(): Tile[] {
    const filled = this.#filled;
    this.#filled = [];
    return filled;
  }

  /** The tiles filled since the last call, and the partial tiles of the tree as it stands. */
  takeTiles(): Tile[] {
    const tiles = this.takeFilled();
    for (const [level, { hashes, count, index }] of this.#levels.entries()) {
      if (count === 0) continue;
      tiles.push({ name: { level, index, width: count }, bytes: Buffer.from(hashes.subarray(0, count * HASH_BYTES)) });
    }
    return tiles;
  }

  #push(level: number, hash: Uint8Array): void {
    const held = this.#level(level);
    held.hashes.set(hash, held.count * HASH_BYTES);
    held.count += 1;
    if (held.count < TILE_WIDTH) return;
    this.#filled.push({
      name: { level, index: held.index, width: TILE_WIDTH },
      bytes: Buffer.from(held.hashes),
    });
    const parent = perfectRoot(held.hashes, 0, TILE_WIDTH);
    held.count = 0;
    held.index += 1;
    this.#push(level + 1, parent);
  }

  #level(level: number): Level {
    const held = this.#levels[level] ?? { hashes: Buffer.alloc(TILE_WIDTH * HASH_BYTES), count: 0, index: 0 };
    this.#levels[level] = held;
    return held;
  }
}

function exactly(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.byteLength !== length) throw brokenPromise(`a tile has ${bytes.byteLength} bytes where ${length} belong`);
  return bytes;
}
