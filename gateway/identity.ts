/** Identity: a bearer token is a compact JWT (RFC 7519), signed EdDSA by the identity's own Ed25519 key. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { decodeJwt, jwtVerify, SignJWT } from 'jose';
import type { Actor, Role } from '../kernel/actor.ts';
import type { Clock } from '../kernel/clock.ts';
import { sha256 } from '../kernel/digest.ts';

/** Somebody who may sign in. */
export interface KnownIdentity {
  readonly id: string;
  readonly roles: readonly Role[];
  /** SubjectPublicKeyInfo, PEM. */
  readonly publicKey: string;
}

export interface IdentityReader {
  find(id: string): KnownIdentity | undefined | Promise<KnownIdentity | undefined>;
}

/** The private half of an identity, as its key file holds it. */
export interface IdentityKey {
  readonly id: string;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
}

/** Whoever comes without an identity to a demonstration: sees what a reviewer sees, and changes nothing. */
export const GUEST: Actor = { type: 'user', id: 'guest', roles: ['reviewer'] };

export type Bearer =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'known'; readonly actor: Actor; readonly expiresAt: Date }
  | { readonly kind: 'refused'; readonly why: 'expired' | 'invalid' };

export interface Bearers {
  /** Says who an Authorization value stands for. Never throws because of what it is given. */
  read(authorization: unknown): Promise<Bearer>;
}

export const TOKEN_AUDIENCE = 'waybill';
const TOKEN_LIFE_MAX_SECONDS = 24 * 60 * 60;
const CLOCK_SKEW_SECONDS = 30;
const TOKEN_LENGTH_MAX_CHARS = 4_096;
/** Verified tokens kept, so that a signature is checked once and not at every request. */
const TOKENS_REMEMBERED_MAX = 1_000;
const ALGORITHM = 'EdDSA';

/** A token that says `key.id`, for `ttlSeconds`; nobody accepts one that lives longer than a day. */
export async function mintToken(key: IdentityKey, clock: Clock, ttlSeconds: number): Promise<string> {
  const now = Math.floor(clock.now().getTime() / 1000);
  return new SignJWT()
    .setProtectedHeader({ alg: ALGORITHM })
    .setSubject(key.id)
    .setAudience(TOKEN_AUDIENCE)
    .setIssuedAt(now)
    .setExpirationTime(now + ttlSeconds)
    .sign(createPrivateKey(key.privateKey));
}

interface Verified {
  readonly id: string;
  readonly publicKey: string;
  readonly expiresAt: Date;
}

export function openBearers(identities: IdentityReader, clock: Clock): Bearers {
  const remembered = new Map<string, Verified>();
  const verified = async (token: string): Promise<Verified | 'expired' | 'invalid'> => {
    const digest = sha256(token);
    const held = remembered.get(digest);
    if (held !== undefined) return held;
    const fresh = await verify(token, identities, clock).catch(() => 'invalid' as const);
    if (typeof fresh === 'string') return fresh;
    const [oldest] = remembered.keys();
    if (remembered.size >= TOKENS_REMEMBERED_MAX && oldest !== undefined) remembered.delete(oldest);
    remembered.set(digest, fresh);
    return fresh;
  };
  return {
    async read(authorization) {
      if (authorization === undefined || authorization === null || authorization === '') return { kind: 'anonymous' };
      const token = tokenIn(authorization);
      if (token === undefined) return { kind: 'refused', why: 'invalid' };
      const found = await verified(token);
      if (typeof found === 'string') return { kind: 'refused', why: found };
      if (found.expiresAt <= clock.now()) return { kind: 'refused', why: 'expired' };
      // The registry is asked every time: a role taken away or a key replaced counts at once.
      const identity = await identities.find(found.id);
      if (identity === undefined || identity.publicKey !== found.publicKey) return { kind: 'refused', why: 'invalid' };
      return { kind: 'known', actor: actorOf(identity), expiresAt: found.expiresAt };
    },
  };
}

function actorOf({ id, roles }: KnownIdentity): Actor {
  return { type: roles.includes('service') ? 'service' : 'user', id, roles };
}

function tokenIn(authorization: unknown): string | undefined {
  if (typeof authorization !== 'string' || authorization.length > TOKEN_LENGTH_MAX_CHARS) return undefined;
  return /^Bearer +([\w.-]+)$/i.exec(authorization)?.[1];
}

async function verify(
  token: string,
  identities: IdentityReader,
  clock: Clock,
): Promise<Verified | 'expired' | 'invalid'> {
  const claimed = decodeJwt(token).sub;
  const identity = claimed === undefined ? undefined : await identities.find(claimed);
  if (identity === undefined) return 'invalid';
  const now = clock.now();
  const { payload } = await jwtVerify(token, createPublicKey(identity.publicKey), {
    algorithms: [ALGORITHM],
    audience: TOKEN_AUDIENCE,
    subject: identity.id,
    requiredClaims: ['exp', 'sub', 'aud'],
    // Expiry is judged below, without tolerance, so that it can be told apart from a bad signature.
    clockTolerance: Number.MAX_SAFE_INTEGER / 2,
    currentDate: now,
  });
  const expiresAtSeconds = payload.exp ?? 0;
  const nowSeconds = now.getTime() / 1000;
  if (expiresAtSeconds <= nowSeconds) return 'expired';
  if (expiresAtSeconds - nowSeconds > TOKEN_LIFE_MAX_SECONDS + CLOCK_SKEW_SECONDS) return 'invalid';
  if ((payload.nbf ?? 0) > nowSeconds + CLOCK_SKEW_SECONDS) return 'invalid';
  return { id: identity.id, publicKey: identity.publicKey, expiresAt: new Date(expiresAtSeconds * 1000) };
}
