/** What goes wrong over SFTP, in the contract's codes. The server's own words are never repeated. */
import { ConnectorError, isConnectorError, type ErrorCode } from '@waybill/connector-sdk';
import { STATUS } from './wire.ts';

/** The server answered a request with a status other than OK. */
export class StatusError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`SFTP status ${status}`);
    this.name = 'StatusError';
    this.status = status;
  }
}

export function hasStatus(error: unknown, ...any: readonly number[]): boolean {
  return error instanceof StatusError && any.includes(error.status);
}

/** The connection ended with requests unanswered. */
export class LostError extends ConnectorError {
  constructor(peer: string) {
    super('UNAVAILABLE', `the connection to ${peer} was lost`);
  }
}

const CODE_OF_STATUS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [STATUS.noSuchFile]: ['ITEM_NOT_FOUND', 'does not exist'],
  [STATUS.permissionDenied]: ['ACCESS_DENIED', 'is not allowed to this user'],
  [STATUS.unsupported]: ['UNSUPPORTED', 'is not supported by the server'],
};

/** Returns the coded error for a failed `act` on `path`; errors that are coded already stay as they are. */
export function explain(error: unknown, act: string, path: string): unknown {
  if (isConnectorError(error) || !(error instanceof StatusError)) return error;
  const [code, what] = CODE_OF_STATUS[error.status] ?? ['UNAVAILABLE', `failed with SFTP status ${error.status}`];
  return new ConnectorError(code, `${act} ${JSON.stringify(path)}: it ${what}`, { cause: error });
}

/** A path the connector refuses, with the reason and what to do. */
export function pathRefused(message: string): ConnectorError {
  return new ConnectorError('PATH_REFUSED', `${message}; rename it or exclude it`);
}

/** Folders that are not allowed to this user; what lies in them is unknown. */
export function foldersDenied(root: string, count: number, first: readonly string[]): ConnectorError {
  const names = first.map((prefix) => JSON.stringify(prefix || './')).join(', ');
  const message = `${count} folders under ${JSON.stringify(root)} may not be looked into by this user: ${names}`;
  return new ConnectorError('ACCESS_DENIED', `${message}; let it read and enter them, or move them out of the root`);
}
