/** Signed notes (C2SP signed-note v1) with Ed25519, and the verifier keys that open them. */
import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import type { Signer } from '../../../kernel/signature.ts';
import { decodeBase64, encodeBase64 } from './base64.ts';

const ED25519_TYPE = 0x01;
const ED25519_KEY_BYTES = 32;
const ED25519_SIGNATURE_BYTES = 64;
const KEY_HASH_BYTES = 4;
/** The DER of an Ed25519 SubjectPublicKeyInfo (RFC 8410) before the key itself. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** Who may sign notes: a name and an Ed25519 key. */
export interface NoteVerifier {
  readonly name: string;
  /** Four bytes that tell a signature line which key it wants. */
  readonly keyHash: Buffer;
  readonly publicKey: KeyObject;
}

export function noteVerifier(name: string, publicKey: KeyObject): NoteVerifier {
  return { name, publicKey, keyHash: keyHashOf(name, rawKey(publicKey)) };
}

/** `<name>+<key hash>+<base64 of type and key>`. */
export function encodeVerifier(verifier: NoteVerifier): string {
  const key = Buffer.concat([Buffer.from([ED25519_TYPE]), rawKey(verifier.publicKey)]);
  return `${verifier.name}+${verifier.keyHash.toString('hex')}+${encodeBase64(key)}`;
}

/** Reads an encoded verifier key; `undefined` when it is not exactly one of Ed25519. */
export function parseVerifier(text: string): NoteVerifier | undefined {
  const match = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text);
  const key = decodeBase64(match?.[3] ?? '');
  const name = match?.[1];
  if (name === undefined || key === undefined) return undefined;
  if (key.length !== 1 + ED25519_KEY_BYTES || key[0] !== ED25519_TYPE) return undefined;
  const spki = Buffer.concat([SPKI_PREFIX, key.subarray(1)]);
  const verifier = noteVerifier(name, createPublicKey({ key: spki, format: 'der', type: 'spki' }));
  return verifier.keyHash.toString('hex') === match?.[2] ? verifier : undefined;
}

/** `text` ends with a line feed and has no empty line. */
export function signNote(text: string, name: string, signer: Signer): string {
  const { keyHash } = noteVerifier(name, signer.publicKey);
  const signature = Buffer.concat([keyHash, signer.sign(Buffer.from(text))]);
  return `${text}\n\u2014 ${name} ${encodeBase64(signature)}\n`;
}

/** The text of a note that `verifier` signed, `undefined` of any other. Lines of other signers are passed over. */
export function openNote(note: string, verifier: NoteVerifier): string | undefined {
  const end = note.indexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return undefined;
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2, -1).split('\n');
  let signed = 0;
  for (const line of lines) {
    const match = /^\u2014 ([^\s+]+) ([A-Za-z0-9+/=]+)$/u.exec(line);
    const bytes = decodeBase64(match?.[2] ?? '');
    if (match === null || bytes === undefined || bytes.length <= KEY_HASH_BYTES) return undefined;
    if (match[1] !== verifier.name || !bytes.subarray(0, KEY_HASH_BYTES).equals(verifier.keyHash)) continue;
    const signature = bytes.subarray(KEY_HASH_BYTES);
    if (signature.length !== ED25519_SIGNATURE_BYTES) return undefined;
    if (!verify(null, Buffer.from(text), verifier.publicKey, signature)) return undefined;
    signed += 1;
  }
  return signed > 0 ? text : undefined;
}

/** The 32 bytes of an Ed25519 public key. */
export function rawKey(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length);
}

function keyHashOf(name: string, key: Uint8Array): Buffer {
  const bytes = Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([ED25519_TYPE]), key]);
  return hash('sha256', bytes, 'buffer').subarray(0, KEY_HASH_BYTES);
}
