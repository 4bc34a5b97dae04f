/** `waybill connector approve PACKAGE`: one person's signature under a third-party package, as it is now. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isReportAbout } from '../../kernel/connected.ts';
import type { Role } from '../../kernel/actor.ts';
import { signerOf } from '../../kernel/signature.ts';
import {
  approvedBytes,
  locate,
  readLock,
  reviewed,
  saveLock,
  soundApprovals,
  type LockedPackage,
} from '../../plugins/host/index.ts';
import type { ConformanceReport } from '../../plugins/sdk/conformance.ts';
import { loadConfig } from '../../runtime/config.ts';
import { approvalsIn } from '../../runtime/keys.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import { admit, readKeyFile, type KeyFile } from '../key-file.ts';

export interface ApproveOptions {
  /** The key file of whoever approves. */
  readonly as: string;
  readonly data?: string;
}

/** Signs what is installed now into plugins.lock. What was approved of other bytes of it is void. */
export async function approveConnector(name: string, options: ApproveOptions): Promise<ExitCode> {
  const { directory } = loadConfig({ directory: options.data });
  const approvals = approvalsIn(directory);
  const key = readKeyFile(options.as);
  const folder = dirname(locate(existsSync(join(name, 'package.json')) ? resolve(name) : name));
  requireRole(key, admit(directory, key).roles);
  const found = await reviewed(folder);
  const lock = await readLock(approvals.lockPath);
  const before = lock.packages.find((each) => each.name === found.name);
  const isSame = before !== undefined && Buffer.compare(approvedBytes(before), approvedBytes(found)) === 0;
  const signature = Buffer.from(signerOf(key.privateKey).sign(approvedBytes(found))).toString('base64');
  const earlier = isSame ? before.approvals.filter(({ by }) => by !== key.id) : [];
  const locked: LockedPackage = { ...found, approvals: [...earlier, { by: key.id, signature }] };
  const others = lock.packages.filter((each) => each.name !== found.name);
  await saveLock(approvals.lockPath, { ...lock, packages: [...others, locked] });
  process.stdout.write(
    `${found.name} ${found.version}\n  sha256 ${found.sha256}\n  ${await tested(folder, found.sha256)}\n`,
  );
  if (before !== undefined && !isSame) process.stdout.write('  it has changed: earlier approvals are void\n');
  const { by, lacks } = soundApprovals(locked, approvals);
  process.stdout.write(`  approved by ${by.join(', ')}${lacks === undefined ? '' : `; ${lacks} has to as well`}\n`);
  return EXIT.clean;
}

function requireRole({ id }: KeyFile, roles: readonly Role[]): void {
  if (roles.includes('approver') || roles.includes('operator')) return;
  const message = `${id} is ${roles.join(' and ')}, and a package is approved by operators and approvers`;
  const remedy = 'let an operator or an approver sign it with a key file of his own';
  throw new CommandRefused([{ code: 'ROLE_REQUIRED', message, remedy }]);
}

/** What the package's own report says, and whether it is about these very bytes. */
async function tested(folder: string, sha256: string): Promise<string> {
  const text = await readFile(join(folder, 'conformance.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return 'no conformance.json: nobody says that it was tested';
  const report = JSON.parse(text) as ConformanceReport;
  if (!isReportAbout(report, sha256)) return 'its conformance.json is about other files';
  const count = (result: string) => report.scenarios.filter((each) => each.result === result).length;
  const numbers = `${count('passed')} kept, ${count('failed')} broken, ${count('skipped')} do not apply`;
  return `conformance by kit ${report.kit}: ${numbers}`;
}
