/** The log: the whole tree derived again from the bundled entries, and every proof against the one checkpoint. */
import type { AuditEntry } from '../../../../kernel/event.ts';
import { type Checkpoint, openCheckpoint } from '../checkpoint.ts';
import { readEntry } from '../entry.ts';
import { leafHash } from '../merkle.ts';
import { encodeVerifier, type NoteVerifier, parseVerifier } from '../note.ts';
import {
  CHECKPOINT_PATH,
  ENTRIES_FOLDER,
  entryPath,
  LOG_FOLDER,
  LOG_KEY_PATH,
  LOG_VERIFIER_PATH,
} from '../pack-paths.ts';
import { parseProofFile, provesEntryIn } from '../proof-file.ts';
import { decodeBundle, TILE_WIDTH, type TileName, tilePath } from '../tile.ts';
import { type Tile, TreeEdge } from '../tree-edge.ts';
import { pemOf } from '../public-key.ts';
import type { OpenPack } from './open-pack.ts';
import { SeenIds } from './seen-ids.ts';

export interface VerifiedLog {
  readonly checkpoint: Checkpoint;
  /** The entries that the pack sets apart, by position; each is proved to be in the log. */
  readonly entries: ReadonlyMap<number, AuditEntry>;
}

/** Checks the log; gives its checkpoint and the entries set apart when the checkpoint is signed by the log's key. */
export function* verifyLog(pack: OpenPack): Generator<void, VerifiedLog | undefined> {
  const verifier = readVerifier(pack);
  const note = pack.text(CHECKPOINT_PATH);
  if (verifier === undefined || note === undefined) return undefined;
  const checkpoint = openCheckpoint(note, verifier);
  if (checkpoint === undefined) {
    pack.wrong(CHECKPOINT_PATH, 'SIGNATURE_WRONG', 'is not a checkpoint signed by the key of the log');
    return undefined;
  }
  yield* verifyTree(pack, checkpoint);
  return { checkpoint, entries: yield* verifyEntries(pack, note, checkpoint) };
}

function readVerifier(pack: OpenPack): NoteVerifier | undefined {
  const text = pack.text(LOG_VERIFIER_PATH);
  const pem = pack.text(LOG_KEY_PATH);
  if (text === undefined) return undefined;
  const verifier = parseVerifier(text.trimEnd());
  if (verifier === undefined || `${encodeVerifier(verifier)}\n` !== text) {
    pack.wrong(LOG_VERIFIER_PATH, 'MALFORMED', 'is not a verifier key');
    return undefined;
  }
  if (pem !== undefined && pem !== pemOf(verifier.publicKey)) {
    pack.wrong(LOG_KEY_PATH, 'ALTERED', `is not the key of ${LOG_VERIFIER_PATH}`);
  }
  return verifier;
}

/** Derives the tree from the bundles, comparing each tile on the way, and the root at the end. */
function* verifyTree(pack: OpenPack, checkpoint: Checkpoint): Generator<void, void> {
  const unseen = new Set(pack.under(`${LOG_FOLDER}tile/`));
  const bundles = [...unseen].filter((path) => path.startsWith(`${LOG_FOLDER}tile/entries/`)).length;
  const expected = Math.ceil(checkpoint.size / TILE_WIDTH);
  if (bundles !== expected) {
    pack.wrong(CHECKPOINT_PATH, 'LOG_NOT_DERIVED', `speaks of ${expected} entry bundles; the pack has ${bundles}`);
  }
  const tree = new TreeEdge();
  const looked = Math.min(bundles, expected);
  const ids = new SeenIds(looked * TILE_WIDTH);
  for (let index = 0; index < looked; index++) {
    yield;
    const width = Math.min(TILE_WIDTH, checkpoint.size - index * TILE_WIDTH);
    appendBundle(pack, { level: 'entries', index, width }, tree, ids);
    unseen.delete(pathOf({ level: 'entries', index, width }));
    for (const tile of tree.takeFilled()) compareTile(pack, tile, unseen);
  }
  for (const tile of tree.takeTiles()) compareTile(pack, tile, unseen);
  for (const path of unseen) pack.wrong(path, 'LOG_NOT_DERIVED', 'is no part of the log at this checkpoint');
  if (tree.size !== checkpoint.size || !tree.root().equals(checkpoint.root)) {
    pack.wrong(CHECKPOINT_PATH, 'LOG_NOT_DERIVED', 'its root is not that of the entries in the pack');
  }
}

function appendBundle(pack: OpenPack, name: TileName, tree: TreeEdge, ids: SeenIds): void {
  const path = pathOf(name);
  const bytes = pack.look(path);
  if (bytes === undefined) return;
  const entries = decodeBundle(bytes);
  if (entries?.length !== name.width) {
    pack.wrong(path, 'LOG_NOT_DERIVED', `is not a bundle of ${name.width} entries`);
    return;
  }
  for (const entry of entries) {
    tree.append(leafHash(entry));
    const id = readEntry(entry)?.id;
    if (id === undefined) pack.wrong(path, 'MALFORMED', 'holds something that is not an audit entry');
    else if (!ids.add(id)) pack.wrong(path, 'LOG_NOT_DERIVED', `holds the entry ${id} a second time`);
  }
}

function compareTile(pack: OpenPack, tile: Tile, unseen: Set<string>): void {
  const path = pathOf(tile.name);
  unseen.delete(path);
  const bytes = pack.look(path);
  if (bytes !== undefined && !bytes.equals(tile.bytes)) {
    pack.wrong(path, 'LOG_NOT_DERIVED', 'is not what the entries in the pack hash to');
  }
}

/** Checks each entry set apart against its proof, which must be a proof for the pack's own checkpoint. */
function* verifyEntries(
  pack: OpenPack,
  note: string,
  checkpoint: Checkpoint,
): Generator<void, Map<number, AuditEntry>> {
  const entries = new Map<number, AuditEntry>();
  const files = pack.under(ENTRIES_FOLDER);
  for (const path of files) {
    yield;
    const position = Number(/(\d+)\.(json|tlog-proof)$/.exec(path)?.[1]);
    const [entryFile, proofFile] = [entryPath(position, 'json'), entryPath(position, 'tlog-proof')];
    if (path !== entryFile && path !== proofFile) {
      pack.wrong(path, 'UNLISTED', 'is neither an entry nor a proof');
    } else if (path === proofFile) {
      if (!pack.files.has(entryFile)) pack.wrong(entryFile, 'MISSING', 'is missing; its proof is there');
    } else {
      const entry = proved(pack, position, note, checkpoint);
      if (entry !== undefined) entries.set(position, entry);
    }
  }
  return entries;
}

function proved(pack: OpenPack, position: number, note: string, checkpoint: Checkpoint): AuditEntry | undefined {
  const [entryFile, proofFile] = [entryPath(position, 'json'), entryPath(position, 'tlog-proof')];
  const bytes = pack.bytes(entryFile);
  const text = pack.text(proofFile);
  if (bytes === undefined || text === undefined) return undefined;
  const proof = parseProofFile(text);
  const entry = readEntry(bytes);
  if (proof?.index !== position || proof.checkpoint !== note) {
    pack.wrong(proofFile, 'PROOF_WRONG', `is no proof for position ${position} of this checkpoint`);
  } else if (!provesEntryIn(proof, bytes, checkpoint)) {
    pack.wrong(entryFile, 'PROOF_WRONG', 'is not proved to be in the log');
    pack.wrong(proofFile, 'PROOF_WRONG', 'does not prove its entry');
  } else if (entry === undefined) {
    pack.wrong(entryFile, 'MALFORMED', 'is not an audit entry');
  } else {
    return entry;
  }
  return undefined;
}

function pathOf(name: TileName): string {
  return `${LOG_FOLDER}${tilePath(name)}`;
}
