import { codeOf } from '@waybill/connector-sdk/files';
import { ConnectorError, isConnectorError, type ErrorCode } from '@waybill/connector-sdk';

const CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['ITEM_NOT_FOUND', 'does not exist'],
  EISDIR: ['ITEM_NOT_FOUND', 'is a folder'],
  ENOTDIR: ['ITEM_NOT_FOUND', 'lies under something that is no folder'],
  ELOOP: ['PATH_REFUSED', 'is a symlink; replace it by what it points to, or exclude it'],
  ENAMETOOLONG: ['PATH_REFUSED', 'is too long a name for this file system; rename it'],
  EACCES: ['ACCESS_DENIED', 'is not allowed to this user'],
  EPERM: ['ACCESS_DENIED', 'is not allowed to this user'],
  EROFS: ['ACCESS_DENIED', 'is on a read-only file system'],
  ENOSPC: ['SPACE_EXHAUSTED', 'does not fit: the disk is full; free space and resume'],
  EDQUOT: ['SPACE_EXHAUSTED', 'does not fit: the quota is used up; raise it and resume'],
  EXDEV: ['UNSUPPORTED', 'lies on another file system than its drop folder'],
};

/** Returns the coded error for a failed `act` on `path`; coded or unknown errors stay as they are. */
export function explain(error: unknown, act: string, path: string): unknown {
  const code = codeOf(error);
  if (isConnectorError(error) || code === undefined) return error;
  const [mapped, what] = CODES[code] ?? ['UNAVAILABLE', `failed with ${code}`];
  return new ConnectorError(mapped, `${act} ${JSON.stringify(path)}: it ${what}`, { cause: error });
}
