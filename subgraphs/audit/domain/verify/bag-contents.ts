/** The bag: both manifests against the files that are there, in both directions. */
import { BAG_DECLARATION, type BagFile, parseManifest, payloadOxum } from '../bag.ts';
import {
  DECLARATION_PATH,
  INFO_PATH,
  MANIFEST_PATH,
  PAYLOAD_FOLDER,
  SIGNATURES_FOLDER,
  TAG_FILES,
  TAG_MANIFEST_PATH,
} from '../pack-paths.ts';
import type { OpenPack } from './open-pack.ts';

/** Checks that every file is listed and every listed file is there, unchanged. */
export function* verifyBag(pack: OpenPack): Generator<void, void> {
  const tags = [...pack.files].filter((path) => isTagFile(path));
  yield* verifyManifest(pack, TAG_MANIFEST_PATH, tags, TAG_FILES);
  const payload = yield* verifyManifest(pack, MANIFEST_PATH, pack.under(PAYLOAD_FOLDER), []);
  if (pack.files.has(DECLARATION_PATH) && pack.text(DECLARATION_PATH) !== BAG_DECLARATION) {
    pack.wrong(DECLARATION_PATH, 'MALFORMED', 'does not declare BagIt 1.0');
  }
  const info = pack.files.has(INFO_PATH) ? pack.text(INFO_PATH) : undefined;
  if (info !== undefined && !info.includes(`\nPayload-Oxum: ${payloadOxum(payload)}\n`)) {
    pack.wrong(INFO_PATH, 'ALTERED', 'its Payload-Oxum is not the number of bytes and files in data/');
  }
}

function isTagFile(path: string): boolean {
  return !path.startsWith(PAYLOAD_FOLDER) && !path.startsWith(SIGNATURES_FOLDER) && path !== TAG_MANIFEST_PATH;
}

function* verifyManifest(
  pack: OpenPack,
  manifestPath: string,
  present: readonly string[],
  required: readonly string[],
): Generator<void, BagFile[]> {
  const text = pack.text(manifestPath);
  const listed = text === undefined ? undefined : parseManifest(text);
  if (text !== undefined && listed === undefined) {
    pack.wrong(manifestPath, 'MALFORMED', 'is not a sorted list of digests and paths');
  }
  for (const path of new Set([...(listed?.keys() ?? []), ...required])) {
    if (!pack.files.has(path)) pack.wrong(path, 'MISSING', `is missing; ${manifestPath} lists it`);
  }
  const files: BagFile[] = [];
  for (const path of present) {
    yield;
    const fixity = pack.digest(path);
    if (fixity === undefined) continue;
    files.push({ path, ...fixity });
    const expected = listed?.get(path);
    if (expected === undefined) pack.wrong(path, 'UNLISTED', `is not listed in ${manifestPath}`);
    else if (expected !== fixity.sha256) pack.wrong(path, 'ALTERED', `is not what ${manifestPath} lists`);
  }
  return files;
}
