/** The whole contract again, behind servers that share no code with OpenSSH. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import sftp from '../../../plugins/sftp/index.ts';
import { harnessOf } from '../../../plugins/peers/sftp-places.ts';
import {
  PROFTPD_SKIPPED,
  RCLONE_SKIPPED,
  startProftpd,
  startRclone,
} from '../../../plugins/peers/other-sftp-servers.ts';
import { reasonToSkip } from '../../../plugins/sdk/conformance/perform.ts';
import { assess, SCENARIOS, type Scenario } from '../../../plugins/sdk/conformance.ts';

const RENAMES = 'rclone shows a newline or a tab in a name as another character, and takes neither';
/** They bring all sample names at once; what they promise of contents, the others show. */
const WITH_ODD_NAMES = [
  'list.whole',
  'read.whole',
  'read.together',
  'commit.reads-back',
  'commit.lands',
  'listing.committed',
  'roles.agree',
];

const SFTP = { package: join(import.meta.dirname, '../../../plugins/sftp'), setting: 'root' };

const SERVERS = [
  ['ProFTPD', PROFTPD_SKIPPED, startProftpd, (_: Scenario): string | undefined => undefined],
  [
    'rclone',
    RCLONE_SKIPPED,
    startRclone,
    ({ name }: Scenario) => (WITH_ODD_NAMES.includes(name) ? RENAMES : undefined),
  ],
] as const;

for (const [name, skipped, start, inTheWay] of SERVERS) {
  if (skipped !== undefined) test.skip(`sftp keeps the contract behind ${name} (skipped: ${skipped})`, () => {});
  else {
    describe(`sftp keeps the contract behind ${name}`, () => {
      const harness = harnessOf(SFTP, start, {
        'stored-short': `${name} keeps what it is sent or says that it does not`,
      });
      afterAll(() => harness.close());
      for (const scenario of SCENARIOS) {
        const because = reasonToSkip(scenario, sftp, harness) ?? inTheWay(scenario);
        const title = `${scenario.name}: ${scenario.promise}`;
        if (because !== undefined) test.skip(`${title} (skipped: ${because})`, () => {});
        else {
          test(title, async () => {
            const [verdict] = await assess(sftp, harness, [scenario]);
            expect(verdict?.result === 'failed' ? verdict.why : verdict?.result).toBe('passed');
          });
        }
      }
    });
  }
}
