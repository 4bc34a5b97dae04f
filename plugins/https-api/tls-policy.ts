/** TLS 1.2 or later with the suites, curves and signatures a FIPS 140-3 module may use, and what its failures mean. */
import { ConnectorError } from '@waybill/connector-sdk';

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

/** PEER_NOT_TRUSTED or UNSUPPORTED when the code is about TLS; `undefined` when it is not. */
export function tlsFailure(code: string, origin: string): ConnectorError | undefined {
  if (DISTRUST.has(code)) {
    const remedy =
      code === 'ERR_TLS_CERT_ALTNAME_INVALID'
        ? 'use the name its certificate is made out to'
        : 'ask its administrator for the certificate of its authority and name it as ca';
    return new ConnectorError('PEER_NOT_TRUSTED', `${origin} is not trusted (${code}); ${remedy}`);
  }
  if (!code.startsWith('ERR_SSL_') && code !== 'EPROTO') return undefined;
  const message = `${origin} and Waybill share no approved TLS version or suite (${code}); enable TLS 1.2 with AES-GCM`;
  return new ConnectorError('UNSUPPORTED', message);
}
