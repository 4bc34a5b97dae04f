/** Committing while somebody else does, by a session that is told what to answer. */
import { expect, test } from '@jest/globals';
import { commitFile } from '../../../plugins/sftp/commit.ts';
import { StatusError } from '../../../plugins/sftp/failure.ts';
import type { Root } from '../../../plugins/sftp/root.ts';
import type { Session } from '../../../plugins/sftp/session.ts';
import { STATUS } from '../../../plugins/sftp/wire.ts';
import { never } from '../host/house.ts';

const [FINAL, STAGED] = [Buffer.from('/file'), Buffer.from('/.staged')];

/** A session in which neither file is there until so many looks were taken. */
function sessionOf(looksBefore: number): Session {
  let looks = 0;
  const missing = async (): Promise<never> => {
    throw new StatusError(STATUS.noSuchFile);
  };
  const lstat = (path: Buffer) => {
    looks += 1;
    return looks > looksBefore && path.equals(FINAL) ? Promise.resolve({ type: 'directory' }) : missing();
  };
  return { peer: 'a peer', lstat, rename: missing, remove: async () => {} } as unknown as Session;
}

const commit = { path: 'file', final: FINAL, staged: STAGED, sha256: '', by: 'rename', signal: never() } as const;

test('what somebody places between the two looks of a commit is seen: what is in place decides', async () => {
  // Looked for before the rename, and afterwards in place and as staged.
  await expect(commitFile({} as Root, sessionOf(3), commit)).rejects.toMatchObject({ code: 'ITEM_CONFLICT' });
  await expect(commitFile({} as Root, sessionOf(9), commit)).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
});
