/** A certificate authority and a server certificate for a sandbox on loopback: real TLS, trusted by nobody else. */
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { webcrypto } from 'node:crypto';

export interface SandboxCertificates {
  /** PEM of the authority: what a plan's `ca` names. */
  readonly authority: string;
  /** PEM of the server's certificate and of its private key (PKCS #8). */
  readonly certificate: string;
  readonly privateKey: string;
}

/** Where the time comes from. */
export interface Clock {
  now(): Date;
}

const VALID_DAYS = 30;
const DAY_MS = 86_400_000;
const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;

/** Makes an authority and a certificate for 127.0.0.1 and localhost (RFC 5280), valid for thirty days from `clock`. */
export async function sandboxCertificates(clock: Clock, name = 'Waybill sandbox'): Promise<SandboxCertificates> {
  x509.cryptoProvider.set(webcrypto as never);
  const notBefore = new Date(clock.now().getTime() - DAY_MS);
  const notAfter = new Date(clock.now().getTime() + VALID_DAYS * DAY_MS);
  const authorityKeys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name} authority`,
    serialNumber: '01',
    notBefore,
    notAfter,
    signingAlgorithm: SIGNING,
    keys: authorityKeys as never,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  const serverKeys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: authority.subject,
    serialNumber: '02',
    notBefore,
    notAfter,
    signingAlgorithm: SIGNING,
    publicKey: serverKeys.publicKey as never,
    signingKey: authorityKeys.privateKey as never,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      // For servers and, where a test asks for a certificate of its client, for clients (RFC 5280, 4.2.1.12).
      new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey)).toString('base64');
  const body = pkcs8.match(/.{1,64}/g)?.join('\n') ?? '';
  return {
    authority: authority.toString('pem'),
    certificate: certificate.toString('pem'),
    privateKey: `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`,
  };
}
