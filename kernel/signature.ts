/** Signatures: Ed25519 (RFC 8032) for people, logs and seals; HMAC-SHA-256 for requests between our own parts. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto';
import { hmacUnder, sha256 } from './digest.ts';
import type { Actor } from './actor.ts';

/** Both halves as PEM: PKCS #8 and SubjectPublicKeyInfo. */
export interface KeyPair {
  readonly privateKey: string;
  readonly publicKey: string;
}

export function generateSigningKey(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

export interface Signer {
  readonly keyId: string;
  readonly publicKey: KeyObject;
  sign(bytes: Uint8Array): Uint8Array;
}

export function signerOf(privateKeyPem: string): Signer {
  const privateKey = createPrivateKey(privateKeyPem);
  const publicKey = createPublicKey(privateKey);
  return { keyId: keyIdOf(publicKey), publicKey, sign: (bytes) => sign(null, bytes, privateKey) };
}

/** The first 16 hex digits of the SHA-256 of the SubjectPublicKeyInfo. */
export function keyIdOf(publicKey: KeyObject): string {
  return sha256(publicKey.export({ type: 'spki', format: 'der' })).slice(0, 16);
}

export function isSignedBy(publicKeyPem: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  return verify(null, bytes, createPublicKey(publicKeyPem), signature);
}

const REQUEST_AGE_MAX_MS = 60_000;

/** Binds who asks to what is asked: the header a subgraph wants to see from the gateway. */
export function signRequest(key: Uint8Array, actor: Actor | undefined, body: string, now: Date): string {
  const claims = Buffer.from(JSON.stringify({ actor, at: now.getTime(), body: sha256(body) })).toString('base64url');
  return `${claims}.${mac(key, claims)}`;
}

/** The actor the gateway vouches for, `undefined` for nobody in particular; `false` when the signature is not good. */
export function openRequest(
  key: Uint8Array,
  header: string,
  body: string,
  now: Date,
): { readonly actor?: Actor } | false {
  const [claims = '', given = ''] = header.split('.');
  const expected = Buffer.from(mac(key, claims));
  const offered = Buffer.from(given);
  if (expected.length !== offered.length || !timingSafeEqual(expected, offered)) return false;
  const parsed = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { actor?: Actor; at: number; body: string };
  if (Math.abs(now.getTime() - parsed.at) > REQUEST_AGE_MAX_MS || parsed.body !== sha256(body)) return false;
  return parsed.actor === undefined ? {} : { actor: parsed.actor };
}

function mac(key: Uint8Array, text: string): string {
  return hmacUnder(key).update(text).digest('base64url');
}
