/** Where things lie in an evidence pack. Names hold only letters, digits, dot, dash and underscore. */
export const DECLARATION_PATH = 'bagit.txt';
export const INFO_PATH = 'bag-info.txt';
export const MANIFEST_PATH = 'manifest-sha256.txt';
export const TAG_MANIFEST_PATH = 'tagmanifest-sha256.txt';
export const README_PATH = 'README.html';
export const INSTRUCTIONS_PATH = 'VERIFY.txt';
export const SCRIPT_PATH = 'tools/verify-entry.sh';
export const SEAL_KEY_PATH = 'keys/seal.pub.pem';
export const LOG_KEY_PATH = 'keys/log.pub.pem';
export const LOG_VERIFIER_PATH = 'keys/log.vkey';
/** 64 bytes, nothing else: the Ed25519 signature of the tag manifest. */
export const SIGNATURE_PATH = 'signatures/tagmanifest.ed25519.sig';

export const PAYLOAD_FOLDER = 'data/';
export const SIGNATURES_FOLDER = 'signatures/';
export const LOG_FOLDER = 'data/audit/';
export const ENTRIES_FOLDER = 'data/audit/entries/';
/** How every endpoint was reached, and the conformance reports of the connectors that reached it. */
export const CONNECTIONS_FOLDER = 'data/connections/';
export const ATTESTATIONS_FOLDER = 'data/attestations/';
export const CHECKPOINT_PATH = 'data/audit/checkpoint';
export const DECISIONS_PATH = 'data/approvals/decisions.ndjson';
/** What the migration was held to, and what in the pack shows it: one line a control. */
export const CONTROLS_PATH = 'data/controls/controls.ndjson';
export const DISPOSITIONS_PATH = 'data/validation/dispositions.json';
export const EXCEPTIONS_PATH = 'data/exceptions/ledger.ndjson';

/** The files every pack has beside its payload and its signature. */
export const TAG_FILES: readonly string[] = [
  DECLARATION_PATH,
  INFO_PATH,
  MANIFEST_PATH,
  README_PATH,
  INSTRUCTIONS_PATH,
  SCRIPT_PATH,
  SEAL_KEY_PATH,
  LOG_KEY_PATH,
  LOG_VERIFIER_PATH,
];

const POSITION_DIGITS = 8;
const SLUG_LENGTH_MAX_CHARS = 60;

/** `data/audit/entries/<position>`; `.json` is the entry, `.tlog-proof` its proof. */
export function entryPath(position: number, extension: 'json' | 'tlog-proof'): string {
  return `${ENTRIES_FOLDER}${String(position).padStart(POSITION_DIGITS, '0')}.${extension}`;
}

/** A migration's name in the letters a pack may be named with. */
export function slugOf(name: string): string {
  const slug = name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '');
  return slug.slice(0, SLUG_LENGTH_MAX_CHARS) || 'migration';
}

/** `pack-<migration>-<NNNN>`. */
export function packName(slug: string, number: number): string {
  return `pack-${slug}-${String(number).padStart(4, '0')}`;
}
