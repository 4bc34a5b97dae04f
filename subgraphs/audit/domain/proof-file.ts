/** `.tlog-proof` files (C2SP tlog-proof v1): an inclusion proof and its checkpoint, all that a stranger needs. */
import { decodeBase64, encodeBase64 } from './base64.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { leafHash } from './merkle.ts';
import type { NoteVerifier } from './note.ts';
import { isIncluded } from './proof.ts';

const HEADER = 'c2sp.org/tlog-proof@v1';

export interface ProofFile {
  readonly index: number;
  readonly proof: readonly Buffer[];
  /** The signed checkpoint, verbatim. */
  readonly checkpoint: string;
}

export function encodeProofFile(file: ProofFile): string {
  const hashes = file.proof.map((hash) => `${encodeBase64(hash)}\n`).join('');
  return `${HEADER}\nindex ${file.index}\n${hashes}\n${file.checkpoint}`;
}

/** Reads a proof file; `undefined` when it is not in its one spelling. */
export function parseProofFile(text: string): ProofFile | undefined {
  const end = text.indexOf('\n\n');
  if (end < 0) return undefined;
  const [header, indexLine = '', ...hashes] = text.slice(0, end).split('\n');
  const index = Number(indexLine.replace(/^index /, ''));
  const proof = hashes.map((hash) => decodeBase64(hash) ?? Buffer.alloc(0));
  if (header !== HEADER || !Number.isSafeInteger(index)) return undefined;
  const file = { index, proof, checkpoint: text.slice(end + 2) };
  return encodeProofFile(file) === text ? file : undefined;
}

/** Whether the file proves that `entry` is in the log of `verifier`. */
export function provesEntry(file: ProofFile, entry: Uint8Array, verifier: NoteVerifier): boolean {
  const checkpoint = openCheckpoint(file.checkpoint, verifier);
  return checkpoint !== undefined && provesEntryIn(file, entry, checkpoint);
}

/** The same for a file whose checkpoint was opened already: a signature need not be checked for every proof. */
export function provesEntryIn({ index, proof }: ProofFile, entry: Uint8Array, { size, root }: Checkpoint): boolean {
  return isIncluded({ leaf: leafHash(entry), index, size, root }, proof);
}
