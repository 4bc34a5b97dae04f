import { isNativeError } from 'node:util/types';
import ssh2 from 'ssh2';
import { ConnectorError, isConnectorError, type ConnectorContext } from '@waybill/connector-sdk';
import { certificateOf, type UserCertificate } from './certificate.ts';

export const SECRETS = ['privateKey', 'passphrase', 'password', 'certificate'] as const;

export interface Credentials {
  readonly privateKey?: string | undefined;
  readonly passphrase?: string | undefined;
  readonly password?: string | undefined;
  readonly certificate?: UserCertificate | undefined;
}

/**
 * A key, with its certificate or without, or a password, or both. Fails with CONFIG_INVALID when there is neither, or
 * when a key or certificate cannot be read.
 */
export function credentialsOf(context: ConnectorContext): Credentials {
  const [privateKey, passphrase, password, certificate] = SECRETS.map((name) => optional(context, name));
  if (privateKey === undefined && certificate !== undefined) {
    throw new ConnectorError('CONFIG_INVALID', 'the secret certificate is of no use alone; name its privateKey too');
  }
  if (privateKey === undefined && password === undefined) {
    throw new ConnectorError('CONFIG_INVALID', 'sftp needs the secret privateKey or password; name one in the plan');
  }
  if (privateKey === undefined) return { password };
  const parsed = ssh2.utils.parseKey(privateKey, passphrase);
  if (isNativeError(parsed)) {
    const remedy = passphrase === undefined ? 'if it is encrypted, name the secret passphrase' : 'check the passphrase';
    throw new ConnectorError('CONFIG_INVALID', `the secret privateKey cannot be read as a private key; ${remedy}`);
  }
  if ([parsed].flat().some((key) => !key.isPrivateKey())) {
    const remedy = 'name the private key it was made of, and a certificate as the secret certificate';
    throw new ConnectorError('CONFIG_INVALID', `the secret privateKey is a public key or a certificate; ${remedy}`);
  }
  const [key] = [parsed].flat();
  const shown = certificate === undefined || key === undefined ? undefined : certificateOf(certificate, key);
  return { privateKey, passphrase, password, certificate: shown };
}

function optional(context: ConnectorContext, name: string): string | undefined {
  try {
    return context.secret(name);
  } catch (error) {
    if (isConnectorError(error) && error.code === 'CONFIG_INVALID') return undefined;
    throw error;
  }
}
