/** OpenSSH's own server, for the conformance kit. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOpenssh, OPENSSH_SKIPPED } from '../../peers/openssh.ts';
import { harnessOf } from '../../peers/sftp-places.ts';

/** Why there can be no place on this machine; `undefined` where there can. */
export const skipped = OPENSSH_SKIPPED;

const SFTP = { package: join(import.meta.dirname, '..'), setting: 'root' };

export const harness = harnessOf(
  SFTP,
  async () => ({ ...(await startOpenssh({ root: tmpdir() })), served: tmpdir() }),
  {
    'stored-short': 'OpenSSH keeps what it is sent or says that it does not',
  },
);
