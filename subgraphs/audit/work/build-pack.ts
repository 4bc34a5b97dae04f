/** Builds an evidence pack in a folder: documents from the strongroom, the log, the pages, the seal. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { HouseKeys } from '../../../runtime/keys.ts';
import type { Strongroom } from '../../../runtime/strongroom.ts';
import { BAG_DECLARATION, bagInfoText, manifestText } from '../domain/bag.ts';
import { type PackFacts, packDocuments, payloadPages, tagPages } from '../domain/pack.ts';
import {
  CHECKPOINT_PATH,
  DECLARATION_PATH,
  entryPath,
  INFO_PATH,
  LOG_FOLDER,
  MANIFEST_PATH,
  PAYLOAD_FOLDER,
  SCRIPT_PATH,
  SIGNATURE_PATH,
  TAG_MANIFEST_PATH,
} from '../domain/pack-paths.ts';
import { tilePath, tilesOf } from '../domain/tile.ts';
import type { LogFiles } from './log-files.ts';
import { PackWriter } from './pack-writer.ts';
import { proofFileOf, readEntryBytes } from './read-log.ts';

const SCRIPT = join(import.meta.dirname, 'verify-entry.sh');
/** The date in an RFC 3339 instant. */
const DAY_LENGTH_CHARS = 10;

export interface PackSources {
  readonly strongroom: Strongroom;
  readonly files: LogFiles;
  readonly keys: Pick<HouseKeys, 'seal' | 'log'>;
}

export interface BuiltPack {
  /** The digest of the tag manifest, which covers every other file. */
  readonly bagDigest: Sha256;
  readonly tagManifest: Buffer;
}

/** Builds the pack in `folder`, which is emptied first. Everything is on the disk when it returns. */
export async function buildPack(
  folder: string,
  facts: PackFacts,
  checkpoint: string,
  sources: PackSources,
): Promise<BuiltPack> {
  const writer = await PackWriter.open(folder);
  for (const { path, sha256 } of packDocuments(facts.stages)) {
    await writer.write(path, sources.strongroom.read(sha256));
  }
  for (const { path, bytes } of payloadPages(facts, sources.keys.seal)) await writer.write(path, [bytes]);
  await copyLog(writer, facts, checkpoint, sources.files);
  await writeTags(writer, facts, sources);
  const tagManifest = Buffer.from(manifestText(writer.written((path) => !path.startsWith(PAYLOAD_FOLDER))));
  const { sha256: bagDigest } = await writer.write(TAG_MANIFEST_PATH, [tagManifest]);
  await writer.write(SIGNATURE_PATH, [sources.keys.seal.sign(tagManifest)]);
  await writer.sync();
  return { bagDigest, tagManifest };
}

async function writeTags(writer: PackWriter, facts: PackFacts, sources: PackSources): Promise<void> {
  const payload = writer.written((path) => path.startsWith(PAYLOAD_FOLDER));
  const declared = facts.stages.findLast(({ stage }) => stage === 'declared')?.payload.name;
  const migration = typeof declared === 'string' ? declared.replace(/\s+/g, ' ') : facts.migrationId;
  const day = facts.sealedAt.slice(0, DAY_LENGTH_CHARS);
  await writer.write(DECLARATION_PATH, [Buffer.from(BAG_DECLARATION)]);
  await writer.write(INFO_PATH, [Buffer.from(bagInfoText({ migration, pack: facts.name, day, payload }))]);
  await writer.write(MANIFEST_PATH, [Buffer.from(manifestText(payload))]);
  await writer.write(SCRIPT_PATH, [await readFile(SCRIPT)]);
  for (const { path, bytes } of tagPages(facts, sources.keys)) await writer.write(path, [bytes]);
}

/** The whole log as it was at the checkpoint, and the entries set apart with their proofs. */
async function copyLog(writer: PackWriter, facts: PackFacts, checkpoint: string, files: LogFiles): Promise<void> {
  const { size } = facts.checkpoint;
  await writer.write(CHECKPOINT_PATH, [Buffer.from(checkpoint)]);
  for (const name of tilesOf(size)) {
    await writer.write(`${LOG_FOLDER}${tilePath(name)}`, [files.look(name)]);
  }
  for (const { position } of facts.entries) {
    const text = proofFileOf(files, { text: checkpoint, checkpoint: facts.checkpoint }, position);
    await writer.write(entryPath(position, 'json'), [await readEntryBytes(files, position)]);
    await writer.write(entryPath(position, 'tlog-proof'), [Buffer.from(text)]);
  }
}
