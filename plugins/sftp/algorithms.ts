/** What is offered: what a FIPS 140-3 module may use, and for a time what an older server needs. */
import type { Algorithms } from 'ssh2';

/** ssh2's defaults are wider, so all are given. */
const APPROVED = {
  kex: [
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group-exchange-sha256',
  ],
  serverHostKey: ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes256-ctr', 'aes128-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} as const satisfies Algorithms;

/** Not approved, and not broken: a plan may allow them, one by one and until a day. */
const OLDER = {
  kex: ['curve25519-sha256', 'diffie-hellman-group14-sha256', 'diffie-hellman-group14-sha1'],
  serverHostKey: ['ssh-ed25519', 'ssh-rsa'],
  cipher: ['chacha20-poly1305@openssh.com', 'aes256-cbc', 'aes192-cbc', 'aes128-cbc'],
  hmac: ['hmac-sha1-etm@openssh.com', 'hmac-sha1'],
} as const satisfies Algorithms;

export const OLDER_ALGORITHMS = Object.values(OLDER).flat();

/** The approved ones first: an older one is spoken only with a server that has no other. */
export function algorithmsWith(older: readonly string[]): Algorithms {
  const kinds = Object.entries(APPROVED).map(([kind, approved]) => {
    const known: readonly string[] = kind === 'compress' ? [] : OLDER[kind as keyof typeof OLDER];
    return [kind, [...approved, ...known.filter((name) => older.includes(name))]];
  });
  return Object.fromEntries(kinds) as Algorithms;
}
