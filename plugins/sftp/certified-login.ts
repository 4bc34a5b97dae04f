/**
 * Logging in with a certificate, which ssh2 has not: it would sign under the name of the certificate, where a server
 * wants the name of the key (PROTOCOL.certkeys). The request is RFC 4252, section 7.
 */
import { createRequire } from 'node:module';
import type { Client, ParsedKey } from 'ssh2';
import { SUFFIX, type UserCertificate } from './certificate.ts';
import { encoded } from './wire.ts';

const USERAUTH_REQUEST = 50;

/** What is used of ssh2 beyond its interface; its version is fixed, and tests log in with it. */
interface Protocol {
  readonly _kex: { readonly sessionID: Buffer };
  readonly _authsQueue: string[];
  readonly _packetRW: { readonly write: PacketWriter };
  authPK(user: string, key: ParsedKey, ...algorithmAndSign: readonly unknown[]): void;
}
interface PacketWriter {
  readonly allocStart: number;
  alloc(sizeBytes: number): Buffer;
  finalize(packet: Buffer): Buffer;
}
interface Utilities {
  convertSignature(signature: Buffer, keyType: string): Buffer;
  sendPacket(protocol: Protocol, packet: Buffer): void;
}
const { convertSignature, sendPacket } = createRequire(import.meta.url)('ssh2/lib/protocol/utils.js') as Utilities;

/** From now on the key of the certificate, that very object, logs in with the certificate. Call it after `connect`. */
export function loginWith({ key, blob }: UserCertificate, client: Client): void {
  const { _protocol: protocol } = client as unknown as { readonly _protocol: Protocol };
  const plainly = protocol.authPK.bind(protocol);
  // The types of all other keys say how they sign.
  const [algorithm, hash] = key.type === 'ssh-rsa' ? ['rsa-sha2-512', 'sha512'] : [key.type];
  protocol.authPK = (user, asked, ...more) => {
    if (asked !== key) return plainly(user, asked, ...more);
    // It is asked first whether the certificate would do, and signed for when it would.
    const isSigned = typeof more.at(-1) === 'function';
    const request = Buffer.concat([
      Buffer.of(USERAUTH_REQUEST),
      strings(user, 'ssh-connection', 'publickey'),
      Buffer.of(isSigned ? 1 : 0),
      strings(algorithm + SUFFIX, blob),
    ]);
    if (!isSigned) return sent(protocol, request);
    const signature: unknown = key.sign(Buffer.concat([strings(protocol._kex.sessionID), request]), hash);
    if (!Buffer.isBuffer(signature)) return void client.emit('error', refusal(signature));
    const proof = strings(algorithm, convertSignature(signature, key.type));
    sent(protocol, Buffer.concat([request, strings(proof)]));
  };
}

/** As ssh2 tells it of a key. */
function refusal(cause: unknown): Error {
  return Object.assign(new Error('the key cannot sign', { cause }), { level: 'client-authentication' });
}

function sent(protocol: Protocol, request: Buffer): void {
  const { write } = protocol._packetRW;
  const packet = write.alloc(request.byteLength);
  packet.set(request, write.allocStart);
  protocol._authsQueue.push('publickey');
  sendPacket(protocol, write.finalize(packet));
}

function strings(...values: readonly (string | Buffer)[]): Buffer {
  return encoded(values.map((value) => ({ bytes: Buffer.from(value) })));
}
