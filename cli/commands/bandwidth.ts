/** `waybill bandwidth ...`: how much a migration may move, and changing it while it runs. */
import { readFile } from 'node:fs/promises';
import { type BandwidthRules, type Cap, capsAt, LEVELS } from '../../kernel/bandwidth.ts';
import { systemClock } from '../../kernel/clock.ts';
import { act, ask } from '../ask.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import { sizeOfFile } from '../named-file.ts';
import { bytesText, table } from '../table.ts';
import { chosen, handsOf, withHouse, type ResumeOptions } from './migrate.ts';

interface Change {
  readonly document: string;
  readonly bandwidth: BandwidthRules | null;
  readonly reason: string;
  readonly state: string;
  readonly proposedBy: string;
  readonly approvedBy: string | null;
  readonly inForceSince: string | null;
}

interface Shown {
  readonly inForce: BandwidthRules;
  readonly policy: BandwidthRules;
  readonly proposed: Change | null;
  readonly changes: readonly Change[];
}

const BANDWIDTH = `bandwidth { inForce policy
  proposed { document bandwidth reason state proposedBy approvedBy inForceSince }
  changes { document bandwidth reason state proposedBy approvedBy inForceSince } }`;
const SHOW = `query($id: ID!) { migration(id: $id) { ${BANDWIDTH} } }`;
const CHANGED = `{ migration { ${BANDWIDTH} } userErrors { code message field remedy } } }`;
const PROPOSE = `mutation($input: ProposeBandwidthInput!) { proposeBandwidth(input: $input) ${CHANGED}`;
const APPROVE = `mutation($input: ApproveBandwidthInput!) { approveBandwidth(input: $input) ${CHANGED}`;

interface Changed {
  readonly migration: { readonly bandwidth: Shown };
}

const FILE_SIZE_MAX_BYTES = 1024 * 1024;

/** What holds, what the policy says, and every change. */
export function showBandwidth(options: ResumeOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    const { id } = await chosen(house, operator, options.migration);
    const { migration } = await ask<Changed>(house, operator, SHOW, { id });
    return print(migration.bandwidth, options);
  });
}

export interface ProposeOptions extends ResumeOptions {
  readonly reason: string;
}

/** A file with caps, or `policy` for those of the policy again; with `--approver`, somebody else, approved at once. */
export async function proposeBandwidth(file: string, options: ProposeOptions): Promise<ExitCode> {
  const bandwidth = file === 'policy' ? null : await textOf(file);
  return withHouse(options, async (house) => {
    const { operator, approver } = handsOf(house, options);
    const { id: migrationId } = await chosen(house, operator, options.migration);
    const wish = { migrationId, bandwidth, reason: options.reason };
    const asked = await act<Changed>(house, operator, PROPOSE, wish);
    const { proposed } = asked.migration.bandwidth;
    if (approver === undefined || proposed === null) return print(asked.migration.bandwidth, options);
    const { migration } = await act<Changed>(house, approver, APPROVE, { migrationId, document: proposed.document });
    return print(migration.bandwidth, options);
  });
}

/** `document` is the digest of the proposal that was looked at. */
export function approveBandwidth(document: string, options: ResumeOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const { operator, approver } = handsOf(house, options);
    if (approver === undefined) {
      const message = 'bandwidth is approved by somebody with a key';
      throw new CommandRefused([{ code: 'APPROVER_MISSING', message, remedy: 'say --approver KEYFILE' }]);
    }
    const { id: migrationId } = await chosen(house, operator, options.migration);
    const { migration } = await act<Changed>(house, approver, APPROVE, { migrationId, document });
    return print(migration.bandwidth, options);
  });
}

async function textOf(file: string): Promise<string> {
  if ((await sizeOfFile(file)) <= FILE_SIZE_MAX_BYTES) return readFile(file, 'utf8');
  const message = `a file of caps is longer than ${FILE_SIZE_MAX_BYTES} bytes`;
  throw new CommandRefused([{ code: 'FILE_TOO_LARGE', message, field: [file], remedy: 'name the file of caps' }]);
}

function print(bandwidth: Shown, { json }: ResumeOptions): ExitCode {
  process.stdout.write(json ? `${JSON.stringify(bandwidth)}\n` : `${textOfBandwidth(bandwidth)}\n`);
  return EXIT.clean;
}

function textOfBandwidth({ inForce, policy, changes }: Shown): string {
  const now = systemClock.now();
  const [current, declared] = [capsAt(inForce, now), capsAt(policy, now)];
  const caps = LEVELS.map((level) => [
    ...[level, rate(current[level]), rulesText(inForce[level])],
    ...[rate(declared[level]), rulesText(policy[level])],
  ]);
  const head = ['level', 'now', `in force (${inForce.zone})`, 'by the policy now', `policy (${policy.zone})`];
  const rows = changes.map(({ document, reason, state, proposedBy, approvedBy, inForceSince }) => [
    ...[inForceSince ?? 'not in force', state, proposedBy, approvedBy ?? '', reason, document],
  ]);
  if (rows.length === 0) return table(head, caps);
  return `${table(head, caps)}\n\n${table(['since', 'state', 'proposed by', 'approved by', 'why', 'document'], rows)}`;
}

function rulesText({ bytesPerSecondMax, hours }: Cap): string {
  const parts = hours.map(
    ({ days, from, to, bytesPerSecondMax: cap }) =>
      `${days === undefined ? '' : `${days.join(' ')} `}${from}-${to} ${rate(cap)}`,
  );
  return [...parts, parts.length === 0 ? rate(bytesPerSecondMax) : `else ${rate(bytesPerSecondMax)}`].join('; ');
}

function rate(cap: number | null): string {
  return cap === null ? 'no cap' : `${bytesText(cap)}/s`;
}
