import { isNativeError } from 'node:util/types';
import ssh2 from 'ssh2';
import { ConnectorError, isConnectorError, type ConnectorContext } from '@waybill/connector-sdk';

export const SECRETS = ['privateKey', 'passphrase', 'password'] as const;

export interface Credentials {
  readonly privateKey?: string | undefined;
  readonly passphrase?: string | undefined;
  readonly password?: string | undefined;
}

/** A key, or a password, or both. Fails with CONFIG_INVALID when there is neither, or when the key cannot be read. */
export function credentialsOf(context: ConnectorContext): Credentials {
  const [privateKey, passphrase, password] = SECRETS.map((name) => optional(context, name));
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
    const remedy = 'name the private key it was made of, which the server must know by itself';
    throw new ConnectorError('CONFIG_INVALID', `the secret privateKey is a public key or a certificate; ${remedy}`);
  }
  return { privateKey, passphrase, password };
}

function optional(context: ConnectorContext, name: string): string | undefined {
  try {
    return context.secret(name);
  } catch (error) {
    if (isConnectorError(error) && error.code === 'CONFIG_INVALID') return undefined;
    throw error;
  }
}
