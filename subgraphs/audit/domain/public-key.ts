/** Public keys as text in their one spelling: SubjectPublicKeyInfo in PEM, as openssl reads it. */
import type { KeyObject } from 'node:crypto';

export function pemOf(publicKey: KeyObject): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}
