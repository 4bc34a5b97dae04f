import { createRequire } from 'node:module';
import { OLDER_ALGORITHMS } from './algorithms.ts';
import type { UserCertificate } from './certificate.ts';
import type { Connection } from './connect.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Session } from './session.ts';
import { peerOf, type Settings } from './settings.ts';

const USED_EXTENSIONS = ['fsync@openssh.com', 'hardlink@openssh.com', 'statvfs@openssh.com'];

/** What was negotiated with the server, and which code of ours speaks with it. */
export async function facts(config: Settings, session: Session): Promise<Record<string, string>> {
  return {
    peer: peerOf(config),
    root: config.root,
    ...spoken(session.connection),
    extensions: USED_EXTENSIONS.filter((name) => session.extensions.has(name)).join(' ') || 'none',
    crypto: cryptoInUse(),
  };
}

/** What a connection agreed on. */
export function spoken({ certificate, hostKey, negotiated }: Connection): Record<string, string> {
  const all = [negotiated?.serverHostKey, negotiated?.kex, negotiated?.cs.cipher, negotiated?.cs.mac];
  const older = OLDER_ALGORITHMS.filter((name) => all.includes(name));
  return {
    hostKey,
    hostKeyAlgorithm: negotiated?.serverHostKey ?? 'unknown',
    kex: negotiated?.kex ?? 'unknown',
    cipher: negotiated?.cs.cipher ?? 'unknown',
    // The GCM ciphers authenticate by themselves.
    mac: negotiated?.cs.mac || 'in the cipher',
    ...(older.length > 0 && { olderAlgorithms: older.join(' ') }),
    ...(certificate && shownOf(certificate)),
  };
}

/** Ours, by the names that https-api gives a server's: the house asks until when the way in is open. */
function shownOf({ authority, blob, endsAt, keyId }: UserCertificate): Record<string, string> {
  return {
    certificate: fingerprintOf(blob),
    certificateSubject: keyId,
    certificateIssuer: authority,
    ...(endsAt && { certificateNotAfter: endsAt.toISOString() }),
  };
}

/** ssh2 falls back to JavaScript silently when its addon was built for another Node; it then needs far more CPU. */
export function cryptoInUse(): 'native' | 'javascript' {
  const loaded = createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as {
    readonly bindingAvailable: boolean;
  };
  return loaded.bindingAvailable ? 'native' : 'javascript';
}
