/** The whole contract again, behind servers that share no code with OpenSSH. */
import { afterAll, describe, test } from '@jest/globals';
import { join } from 'node:path';
import sftp from '../../../plugins/sftp/index.ts';
import { harnessOf } from '../../../plugins/peers/sftp-places.ts';
import {
  PROFTPD_SKIPPED,
  RCLONE_SKIPPED,
  startProftpd,
  startRclone,
} from '../../../plugins/peers/other-sftp-servers.ts';
import { describeConnector } from '../../../plugins/sdk/conformance.ts';

const SFTP = { package: join(import.meta.dirname, '../../../plugins/sftp'), setting: 'root' };

const KEEPS = 'keeps what it is sent or says that it does not';
const RENAMES = 'rclone shows a newline or a tab in a name as another character, and takes neither';

const SERVERS = [
  ['ProFTPD', PROFTPD_SKIPPED, startProftpd, { 'stored-short': `ProFTPD ${KEEPS}` }],
  ['rclone', RCLONE_SKIPPED, startRclone, { 'stored-short': `rclone ${KEEPS}`, 'odd-names': RENAMES }],
] as const;

for (const [name, skipped, start, cannot] of SERVERS) {
  if (skipped !== undefined) test.skip(`sftp keeps the contract behind ${name} (skipped: ${skipped})`, () => {});
  else {
    describe(`behind ${name}`, () => {
      const harness = harnessOf(SFTP, start, cannot);
      afterAll(() => harness.close());
      describeConnector(sftp, { runner: { describe, test }, ...harness });
    });
  }
}
