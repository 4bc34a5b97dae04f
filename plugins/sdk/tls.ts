/**
 * For connectors that speak TLS: version 1.2 or later with the suites, curves and signatures a FIPS 140-3 module may
 * use, the authority a plan names, what was negotiated, and what the failures mean.
 */
import { readFile } from 'node:fs/promises';
import type { X509Certificate } from 'node:crypto';
import { createSecureContext, type TLSSocket } from 'node:tls';
import { tellConnected, type ConnectorContext } from './connector.ts';
import { ConnectorError, isConnectorError } from './error.ts';

/** Spread it into what opens the connection (node:tls, node:https, undici). */
export const TLS_POLICY = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_256_GCM_SHA384',
    'TLS_AES_128_GCM_SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
  ].join(':'),
  ecdhCurve: 'P-256:P-384',
  sigalgs: [
    'ecdsa_secp256r1_sha256',
    'ecdsa_secp384r1_sha384',
    'rsa_pss_rsae_sha256',
    'rsa_pss_rsae_sha384',
    'rsa_pss_pss_sha256',
    'rsa_pkcs1_sha256',
    'rsa_pkcs1_sha384',
  ].join(':'),
  rejectUnauthorized: true,
} as const;

/**
 * Suites that are not approved, and not broken, by OpenSSL's names: what an older server of TLS 1.2 may have. A plan
 * allows them one by one and until a day; see the setting `olderAlgorithms` of the connectors.
 */
export const OLDER_SUITES = [
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-RSA-AES256-SHA384',
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'AES256-GCM-SHA384',
  'AES128-GCM-SHA256',
] as const;

/** The policy with older suites behind the approved ones. */
export function tlsPolicyWith(
  older: readonly string[],
): Readonly<Omit<typeof TLS_POLICY, 'ciphers'>> & { ciphers: string } {
  return { ...TLS_POLICY, ciphers: [TLS_POLICY.ciphers, ...older].join(':') };
}

/** The codes with which Node refuses a certificate chain. */
const DISTRUST = new Set([
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY',
  'UNABLE_TO_DECRYPT_CERT_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** The alerts with which a server that asks for a certificate refuses ours, or that there is none (RFC 8446, 6.2). */
const WANTS_ANOTHER_CERTIFICATE =
  /^ERR_SSL_\w*ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA)$/;

/** PEER_NOT_TRUSTED, AUTH_FAILED or UNSUPPORTED when the code is about TLS; `undefined` when it is not. */
export function tlsFailure(code: string, origin: string): ConnectorError | undefined {
  if (DISTRUST.has(code)) {
    const remedy =
      code === 'ERR_TLS_CERT_ALTNAME_INVALID'
        ? 'use the name its certificate is made out to'
        : 'ask its administrator for the certificate of its authority and name it as ca';
    return new ConnectorError('PEER_NOT_TRUSTED', `${origin} is not trusted (${code}); ${remedy}`);
  }
  if (WANTS_ANOTHER_CERTIFICATE.test(code)) {
    const remedy = 'name the secrets of a client certificate that its administrator knows';
    return new ConnectorError('AUTH_FAILED', `${origin} refuses our certificate (${code}); ${remedy}`);
  }
  if (!code.startsWith('ERR_SSL_') && code !== 'EPROTO') return undefined;
  const message = `${origin} and Waybill share no approved TLS version or suite (${code}); enable TLS 1.2 with AES-GCM`;
  return new ConnectorError('UNSUPPORTED', message);
}

/** What a connection agreed on, and the certificate it was shown: the facts a check reports. */
export interface Negotiated {
  readonly protocol: string;
  readonly cipher: string;
  /** SHA-256 fingerprint. */
  readonly certificate: string;
  readonly certificateSubject: string;
  readonly certificateIssuer: string;
  /** RFC 3339, UTC. */
  readonly certificateNotBefore: string;
  readonly certificateNotAfter: string;
}

/**
 * Of a connection that did not resume a session: one that does is not shown the certificate again. Node hands the
 * certificate out once; whoever asked for it before gives it here.
 */
export function negotiatedBy(
  socket: TLSSocket,
  shown: X509Certificate | undefined = socket.getPeerX509Certificate(),
): Negotiated {
  return {
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    certificate: shown?.fingerprint256 ?? 'unknown',
    // X.509 names come one part a line.
    certificateSubject: shown?.subject.split('\n').join(', ') ?? 'unknown',
    certificateIssuer: shown?.issuer.split('\n').join(', ') ?? 'unknown',
    certificateNotBefore: shown?.validFromDate.toISOString() ?? 'unknown',
    certificateNotAfter: shown?.validToDate.toISOString() ?? 'unknown',
  };
}

/** Tells a new connection for the evidence, and returns what it agreed on. */
export function tellNegotiated(context: Pick<ConnectorContext, 'log'>, socket: TLSSocket): Negotiated {
  const negotiated = negotiatedBy(socket);
  tellConnected(context, { ...negotiated });
  return negotiated;
}

/** What a setting `ca` may be: PEM text, or an absolute path to a PEM file. */
export const CA_SETTING = /^(\/|-----BEGIN CERTIFICATE-----)/;
const PEM_BEGIN = '-----BEGIN CERTIFICATE-----';

/** The PEM text of the setting `ca`. Fails with CONFIG_INVALID when its file cannot be read or is no PEM. */
export async function authorityOf(ca: string | undefined): Promise<string | undefined> {
  if (ca === undefined || ca.startsWith(PEM_BEGIN)) return ca;
  const text = await readFile(ca, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConnectorError('CONFIG_INVALID', `ca: the file ${ca} cannot be read (${error.code ?? error.name})`);
  });
  if (text.includes(PEM_BEGIN)) return text;
  throw new ConnectorError('CONFIG_INVALID', `ca: the file ${ca} holds no PEM certificate`);
}

/** The secret of that name, or `undefined` when the plan names none. */
export function optionalSecret(context: ConnectorContext, name: string): string | undefined {
  try {
    return context.secret(name).trim();
  } catch (error) {
    if (isConnectorError(error) && error.code === 'CONFIG_INVALID') return undefined;
    throw error;
  }
}

/** A certificate and its key (PEM) from two secrets; none where neither is named. CONFIG_INVALID when half is. */
export function certificatePairOf(
  context: ConnectorContext,
  certName: string,
  keyName: string,
): { readonly cert?: string; readonly key?: string } {
  const [cert, key] = [optionalSecret(context, certName), optionalSecret(context, keyName)];
  if (cert === undefined && key === undefined) return {};
  if (cert === undefined || key === undefined) {
    throw new ConnectorError('CONFIG_INVALID', `${certName} and ${keyName} belong together; name both or neither`);
  }
  try {
    createSecureContext({ cert, key });
    return { cert, key };
  } catch {
    // What OpenSSL says of a key is left behind.
    throw new ConnectorError('CONFIG_INVALID', `${certName} and ${keyName} are no PEM pair; check both files`);
  }
}
