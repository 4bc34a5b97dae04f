/** OpenSSH certificates of users, as its PROTOCOL.certkeys describes them: what a server is shown beside a key. */
import type { ParsedKey } from 'ssh2';
import { ConnectorError } from '@waybill/connector-sdk';
import { fingerprintOf } from './fingerprint.ts';
import { FieldReader } from './wire.ts';

/** Behind the name of a key's type, or of how it signs, that of its certificate. */
export const SUFFIX = '-cert-v01@openssh.com';
const KEY_TYPES = ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa', 'ssh-ed25519'];
const OF_USER = 1;
/** RFC 4251: a length before each string. */
const LENGTH_BYTES = 4;
/** What a Date can hold; a certificate without an end says 2^64 - 1. */
const SECONDS_MAX = 8.64e12;

export interface UserCertificate {
  readonly key: ParsedKey;
  readonly blob: Buffer;
  /** What its authority calls it. */
  readonly keyId: string;
  /** The fingerprint of the key that signed it. */
  readonly authority: string;
  readonly startsAt: Date;
  /** Undefined when it does not end. */
  readonly endsAt: Date | undefined;
}

/** Reads what `ssh-keygen -s` wrote for the key. Fails with CONFIG_INVALID when it is something else, or another's. */
export function certificateOf(text: string, key: ParsedKey): UserCertificate {
  const [type = '', base64 = ''] = text.trim().split(/\s+/);
  const keyType = type.endsWith(SUFFIX) ? type.slice(0, -SUFFIX.length) : '';
  if (!KEY_TYPES.includes(keyType)) throw wrong('is no OpenSSH certificate', 'name the file ending in -cert.pub');
  const blob = Buffer.from(base64, 'base64');
  try {
    return read(blob, type, key);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw wrong('is damaged', 'copy the file ending in -cert.pub again');
  }
}

function read(blob: Buffer, type: string, key: ParsedKey): UserCertificate {
  const head = new FieldReader(blob);
  const [said, nonce] = [head.bytes().toString(), head.bytes()];
  if (said !== type) throw new RangeError('it says that it is of another type');
  const keyAt = 2 * LENGTH_BYTES + type.length + nonce.byteLength;
  const whole = key.getPublicSSH();
  const numbers = whole.subarray(LENGTH_BYTES + whole.readUInt32BE(0));
  if (!blob.subarray(keyAt, keyAt + numbers.byteLength).equals(numbers)) {
    throw wrong('was made for another key', 'name the certificate of privateKey, or the key of the certificate');
  }
  const fields = new FieldReader(blob, keyAt + numbers.byteLength);
  fields.uint64();
  if (fields.uint32() !== OF_USER) throw wrong('is that of a host', 'name one that was signed for a user');
  const keyId = fields.bytes().toString();
  fields.bytes();
  const [after, before] = [fields.uint64(), fields.uint64()];
  for (const _ of ['critical options', 'extensions', 'reserved']) fields.bytes();
  const authority = fingerprintOf(fields.bytes());
  fields.bytes();
  const endsAt = before > SECONDS_MAX ? undefined : new Date(before * 1000);
  return { key, blob, keyId, authority, startsAt: new Date(Math.min(after, SECONDS_MAX) * 1000), endsAt };
}

function wrong(why: string, remedy: string): ConnectorError {
  return new ConnectorError('CONFIG_INVALID', `the secret certificate ${why}; ${remedy}`);
}

/** Fails with AUTH_FAILED before it begins and once it has ended: a server would only say that it refuses. */
export function requireValid({ startsAt, endsAt }: UserCertificate, now: Date): void {
  const isEarly = now < startsAt;
  if (!isEarly && (endsAt === undefined || now < endsAt)) return;
  const when = isEarly ? `is valid from ${startsAt.toISOString()} on` : `ended at ${endsAt?.toISOString()}`;
  throw new ConnectorError('AUTH_FAILED', `the secret certificate ${when}; have the key signed again`);
}
