/** Identifiers: derived ones name the same thing on every run, random ones name an occurrence. */
import { createHash } from 'node:crypto';
import type { Clock } from './clock.ts';

export type Id = string;

const DERIVED_LENGTH_CHARS = 26;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Derives an id from its parts: the same parts give the same id, so a step that runs twice names the same row.
 * Shape: `<prefix>-` and 26 characters of Crockford base 32 (130 bits of SHA-256 over the length-prefixed parts).
 */
export function derivedId(prefix: string, ...parts: readonly string[]): Id {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:${part};`);
  let bits = 0n;
  for (const byte of hash.digest().subarray(0, 17)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let at = 0; at < DERIVED_LENGTH_CHARS; at++) {
    text += ALPHABET[Number(bits & 31n)];
    bits >>= 5n;
  }
  return `${prefix}-${text}`;
}

/** A time-ordered random id (RFC 9562 section 5.7, UUID version 7). */
export function occurrenceId(clock: Clock, random: (bytes: number) => Uint8Array): Id {
  const bytes = Buffer.from(random(16));
  bytes.writeUIntBE(clock.now().getTime(), 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
