/** Checkpoints (C2SP tlog-checkpoint v1): the signed statement of how large the log is and what it holds. */
import type { Signer } from '../../../kernel/signature.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';
import { HASH_BYTES } from './merkle.ts';
import { type NoteVerifier, openNote, signNote } from './note.ts';

export interface Checkpoint {
  /** Names the log; also the name its key signs by. */
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

/** The origin of the log that `signer` keeps: the same key, the same log. */
export function originOf(signer: Signer): string {
  return `waybill/log-${signer.keyId}`;
}

/** The text that is signed: origin, size and root, one a line. */
export function checkpointText(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${encodeBase64(checkpoint.root)}\n`;
}

export function signCheckpoint(checkpoint: Checkpoint, signer: Signer): string {
  return signNote(checkpointText(checkpoint), checkpoint.origin, signer);
}

/** What a checkpoint's text says; `undefined` when it is not in its one spelling. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = '', count = '', encodedRoot = ''] = text.split('\n');
  const size = Number(count);
  const root = decodeBase64(encodedRoot);
  if (origin === '' || !Number.isSafeInteger(size) || root?.length !== HASH_BYTES) return undefined;
  const checkpoint = { origin, size, root };
  return checkpointText(checkpoint) === text ? checkpoint : undefined;
}

/** Opens a signed checkpoint of the log whose key is `verifier`; `undefined` when anything about it is wrong. */
export function openCheckpoint(note: string, verifier: NoteVerifier): Checkpoint | undefined {
  const text = openNote(note, verifier);
  const checkpoint = text === undefined ? undefined : parseCheckpoint(text);
  return checkpoint?.origin === verifier.name ? checkpoint : undefined;
}
