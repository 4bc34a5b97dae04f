/**
 * Writes schema/evidence/*.v1.json, once for each version:
 * `node --import ./cli/typescript.mjs test/audit/write-vectors.ts`.
 * Vectors that were released never change, because packs that were sealed must verify for ever.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { originOf, signCheckpoint } from '../../subgraphs/audit/domain/checkpoint.ts';
import { sealStatement } from '../../subgraphs/audit/domain/envelope.ts';
import { leafHash } from '../../subgraphs/audit/domain/merkle.ts';
import { encodeVerifier, noteVerifier } from '../../subgraphs/audit/domain/note.ts';
import { encodeProofFile } from '../../subgraphs/audit/domain/proof-file.ts';
import { consistencyProof, inclusionProof } from '../../subgraphs/audit/domain/proof.ts';
import { pemOf } from '../../subgraphs/audit/domain/public-key.ts';
import { encodeBundle, tilePath } from '../../subgraphs/audit/domain/tile.ts';
import { entriesOf, grow } from './domain/grown-tree.ts';
import { buildSmallPack, KEYS } from './small-pack.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'schema', 'evidence');
const SIZE = 300;
const tree = grow(SIZE, 41);
const base64 = (hashes: readonly Uint8Array[]) => hashes.map((hash) => Buffer.from(hash).toString('base64'));
const origin = originOf(KEYS.log);
const checkpoint = signCheckpoint({ origin, size: SIZE, root: tree.edge.root() }, KEYS.log);
const statement = {
  subjects: [{ name: 'data/inventory/plan.json', sha256: 'ab'.repeat(32) }],
  predicate: { stage: 'declared', entries: [0] },
};

const vectors = {
  about: 'The log’s entries are the texts "entry 0", "entry 1" and so on. Hashes are base64, digests hexadecimal.',
  keys: { seal: pemOf(KEYS.seal.publicKey), log: pemOf(KEYS.log.publicKey) },
  leaves: base64(entriesOf(3).map(leafHash)),
  roots: [0, 1, 2, 3, 7, 8, 255, 256, 257, SIZE].map((size) => ({ size, root: base64([grow(size).edge.root()])[0] })),
  inclusion: [
    [0, 1],
    [2, 3],
    [5, 7],
    [256, 257],
    [255, SIZE],
    [299, SIZE],
  ].map(([index = 0, size = 0]) => ({ index, size, proof: base64(inclusionProof(grow(size).tiles, size, index)) })),
  consistency: [
    [1, 2],
    [3, 7],
    [8, 8],
    [255, 256],
    [256, SIZE],
    [257, SIZE],
  ].map(([oldSize = 0, size = 0]) => ({
    oldSize,
    size,
    proof: base64(consistencyProof(grow(size).tiles, oldSize, size)),
  })),
  tiles: [
    { level: 0, index: 0, width: 256 },
    { level: 0, index: 1, width: 44 },
    { level: 2, index: 1_234_067, width: 256 },
  ].map((tile) => ({ ...tile, path: tilePath(tile) })),
  bundle: encodeBundle(entriesOf(3)).toString('base64'),
  verifierKey: encodeVerifier(noteVerifier(origin, KEYS.log.publicKey)),
  checkpoint,
  proofFile: encodeProofFile({ index: 42, proof: inclusionProof(tree.tiles, SIZE, 42), checkpoint }),
  statement,
  envelope: sealStatement(statement, KEYS.seal),
};

const pack = Object.fromEntries([...(await buildSmallPack())].map(([path, bytes]) => [path, bytes.toString('base64')]));
writeFileSync(join(FOLDER, 'vectors.v1.json'), `${JSON.stringify(vectors, null, 2)}\n`);
writeFileSync(join(FOLDER, 'pack.v1.json'), `${JSON.stringify(pack, null, 2)}\n`);
