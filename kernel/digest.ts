/** Digests: SHA-256 (FIPS 180-4) as 64 lower-case hex digits, and HMAC-SHA-256 (RFC 2104) for small patient data. */
import { createHash, createHmac, createSecretKey, hash, type Hash, type Hmac, type KeyObject } from 'node:crypto';

/** 64 lower-case hex digits. */
export type Sha256 = string;

const SHAPE = /^[0-9a-f]{64}$/;

export function isSha256(text: string): text is Sha256 {
  return SHAPE.test(text);
}

export function sha256(bytes: Uint8Array | string): Sha256 {
  return hash('sha256', bytes, 'hex');
}

/** Digests what passes through it; `sizeBytes` and `value()` describe what has passed so far. */
export class RunningDigest {
  sizeBytes = 0;
  readonly #hash: Hash = createHash('sha256');

  update(bytes: Uint8Array): void {
    this.sizeBytes += bytes.byteLength;
    this.#hash.update(bytes);
  }

  value(): Sha256 {
    return this.#hash.copy().digest('hex');
  }

  /** Yields every chunk of `source` unchanged after digesting it. */
  async *through(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      this.update(chunk);
      yield chunk;
    }
  }
}

/** A keyed digest: unlike a plain one it cannot be reversed by trying every birth date. */
export function keyedDigest(key: Uint8Array, bytes: Uint8Array | string): Sha256 {
  return hmacUnder(key).update(bytes).digest('hex');
}

/** Keys as node:crypto likes them best: given as bytes, each digest costs six times as much. */
const prepared = new WeakMap<Uint8Array, KeyObject>();

/** HMAC-SHA-256 under a key whose bytes stay as they are. */
export function hmacUnder(key: Uint8Array): Hmac {
  let secret = prepared.get(key);
  if (secret === undefined) prepared.set(key, (secret = createSecretKey(key)));
  return createHmac('sha256', secret);
}
