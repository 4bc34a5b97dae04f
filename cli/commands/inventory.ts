/** `waybill inventory PLAN|MIGRATION`: the register of a migration, and what still keeps it from starting. */
import { existsSync } from 'node:fs';
import type { Actor } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import { readPlanFile } from '../../subgraphs/inventory/main.ts';
import { act, ask } from '../ask.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import type { House } from '../house.ts';
import { lookUntil } from '../look-until.ts';
import { DECLARE, type ReadinessLine } from '../operations.ts';
import { table } from '../table.ts';
import { chosen, handsOf, withHouse, type MigrateOptions } from './migrate.ts';

/** Both ends are tried, each for a minute at most. */
const JUDGED_WITHIN_MS = 5 * 60_000;
const MET = '✓';
const IN_THE_WAY = '✗';

interface Charter {
  readonly domain?: string;
  readonly retention?: { readonly years?: number; readonly until?: string; readonly authority: string };
  readonly dependsOn?: readonly string[];
  readonly consumers?: readonly { readonly name: string; readonly atCutover?: string }[];
}

interface Register {
  readonly name: string;
  readonly window: { readonly opensAt: string; readonly closesAt: string; readonly zone: string } | null;
  readonly policyApproval: { readonly state: string; readonly approvedBy: string | null } | null;
  readonly systems: readonly Readonly<
    Record<'role' | 'name' | 'vendor' | 'product' | 'zone' | 'owner', string | null>
  >[];
  readonly stakeholders: readonly (Readonly<Record<'name' | 'role' | 'responsibility', string>> & {
    readonly signsOff: readonly string[];
  })[];
  readonly certificates: readonly Readonly<Record<'kind' | 'endpoint' | 'name' | 'notAfter', string | null>>[];
  readonly holds: readonly Readonly<
    Record<'dataset' | 'matter' | 'items' | 'placedBy' | 'releasedBy', string | null>
  >[];
  readonly confirmations: readonly Readonly<
    Record<'kind' | 'subject' | 'happenedAt' | 'confirmedBy' | 'withdrawnBy', string | null>
  >[];
  readonly readiness: {
    readonly state: string;
    readonly expiresAt: string | null;
    readonly lines: readonly ReadinessLine[];
  };
  readonly datasets: {
    readonly nodes: readonly {
      readonly name: string;
      readonly tier: string;
      readonly owner: string | null;
      readonly items: number;
      readonly excludedItems: number;
      readonly charter: Charter | null;
      readonly lineage: { readonly reference: string; readonly state: string };
    }[];
  };
}

const LOOK = `query($id: ID!) { migration(id: $id) { name
  window { opensAt closesAt zone } policyApproval { state approvedBy }
  systems { role name vendor product zone owner } stakeholders { name role responsibility signsOff }
  certificates { kind endpoint name notAfter } holds { dataset matter items placedBy releasedBy }
  confirmations { kind subject happenedAt confirmedBy withdrawnBy }
  readiness { state expiresAt lines { requirement line ok code reason } }
  datasets(first: 250) { nodes { name tier owner items excludedItems charter lineage { reference state } } } } }`;

/** A plan is declared first; a migration is named as it was declared. Exit 0 when it is ready, 2 when not. */
export async function inventory(planOrMigration: string, options: MigrateOptions): Promise<ExitCode> {
  const read = existsSync(planOrMigration) ? await readPlanFile(planOrMigration) : undefined;
  if (read?.ok === false) throw new CommandRefused(read.refusals);
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    const { id } = read
      ? (await act<{ migration: { id: string } }>(house, operator, DECLARE, read.value)).migration
      : await chosen(house, operator, planOrMigration);
    const register = await untilJudged(house, operator, id);
    process.stdout.write(options.json === true ? `${JSON.stringify(register)}\n` : `${registerText(register)}\n`);
    return register.readiness.state === 'READY' ? EXIT.clean : EXIT.exceptionsOpen;
  });
}

async function untilJudged(house: House, operator: Actor, id: string): Promise<Register> {
  const started = systemClock.elapsedMs();
  return lookUntil(house, async () => {
    const { migration } = await ask<{ migration: Register | null }>(house, operator, LOOK, { id });
    const isLate = systemClock.elapsedMs() - started > JUDGED_WITHIN_MS;
    if (migration !== null && (migration.readiness.state !== 'PENDING' || isLate)) return migration;
    if (isLate) throw new Fault({ code: 'STANDSTILL', retry: 'transient', message: 'the migration is not judged' });
    return undefined;
  });
}

export function registerText(register: Register): string {
  const { name, window, policyApproval, systems, stakeholders, certificates, holds, confirmations } = register;
  const { state, expiresAt, lines } = register.readiness;
  const open = lines.filter(({ ok }) => !ok).length;
  const until = expiresAt === null ? '' : `, until ${expiresAt}`;
  const parts = [
    `${name}: ${state.toLowerCase()}${until}; ${open} of ${lines.length} lines are in the way`,
    window === null ? '' : `window: ${window.opensAt} to ${window.closesAt} (${window.zone})`,
    policyApproval === null ? '' : `policy: ${words(policyApproval.state)} ${policyApproval.approvedBy ?? ''}`.trim(),
    section('systems', ['role', 'name', 'vendor', 'product', 'zone', 'owner'], systems),
    datasetsText(register.datasets.nodes),
    section(
      'stakeholders',
      ['name', 'role', 'responsibility', 'signs off'],
      stakeholders.map((each) => ({ ...each, 'signs off': each.signsOff.join(', ') })),
    ),
    section('certificates and credentials', ['kind', 'endpoint', 'name', 'notAfter'], certificates),
    section('legal holds', ['dataset', 'matter', 'items', 'placedBy', 'releasedBy'], holds),
    section('confirmations', ['kind', 'subject', 'happenedAt', 'confirmedBy', 'withdrawnBy'], confirmations),
    readinessText(lines),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function datasetsText(datasets: Register['datasets']['nodes']): string {
  const rows = datasets.map(({ charter, lineage, excludedItems, ...dataset }) => ({
    ...dataset,
    domain: charter?.domain ?? null,
    moves: dataset.items - excludedItems,
    lineage: `${lineage.reference} (${words(lineage.state)})`,
    kept: retentionText(charter?.retention),
    after: (charter?.dependsOn ?? []).join(', '),
    'read by': (charter?.consumers ?? []).map((each) => `${each.name}: ${each.atCutover ?? 'undecided'}`).join(', '),
  }));
  return section('datasets', ['name', 'domain', 'tier', 'moves', 'owner', 'lineage', 'kept', 'after', 'read by'], rows);
}

function retentionText(retention: Charter['retention']): string {
  if (retention === undefined) return '';
  const { years, until, authority } = retention;
  return `${until === undefined ? `${years} years` : `until ${until}`} (${authority})`;
}

/** What is in the way comes last, where the eye is when the command has ended. */
function readinessText(lines: readonly ReadinessLine[]): string {
  const rows = lines.toSorted((left, right) => Number(right.ok) - Number(left.ok));
  const text = rows.map(({ requirement, line, ok, code, reason }) => {
    const why = [code, reason].filter((each) => each !== null).join(': ');
    return `${ok ? MET : IN_THE_WAY} ${requirement.padEnd(4)} ${line}${why === '' ? '' : `\n       ${why}`}`;
  });
  return ['readiness', ...text].join('\n');
}

function words(state: string): string {
  return state.toLowerCase().replaceAll('_', ' ');
}

function section(title: string, head: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) => head.map((name) => String(row[name] ?? '')));
  return `${title}\n${table(head, cells)}`;
}
