/** Drop folders of OpenSSH's own server, for the conformance kit. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OPENSSH_SKIPPED, startOpenssh } from '../../peers/openssh.ts';
import { harnessOf } from '../../peers/sftp-places.ts';

/** Why there can be no place on this machine; `undefined` where there can. */
export const skipped = OPENSSH_SKIPPED;

const DROP = { package: join(import.meta.dirname, '..'), setting: 'folder' };

export const harness = harnessOf(
  DROP,
  async () => ({ ...(await startOpenssh({ root: tmpdir() })), served: tmpdir() }),
  { 'stored-short': 'OpenSSH keeps what it is sent or says that it does not' },
);
