/** `waybill migrate PLAN` and `waybill resume`: a plan to its end, headless. */
import { basename } from 'node:path';
import type { Actor } from '../../kernel/actor.ts';
import { SUBGRAPHS } from '../../kernel/event.ts';
import { Fault } from '../../kernel/fault.ts';
import { systemClock } from '../../kernel/clock.ts';
import { loadConfig } from '../../runtime/config.ts';
import { openLog, silentLog } from '../../runtime/log.ts';
import { readPlanFile } from '../../subgraphs/inventory/main.ts';
import { act, ask } from '../ask.ts';
import { drive, type Hands } from '../drive.ts';
import { sealEvidence } from '../seal.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import type { House } from '../house.ts';
import { admit, readKeyFile } from '../key-file.ts';
import { DECLARE, MIGRATIONS } from '../operations.ts';
import { progressLine } from '../progress-line.ts';
import { summarise, summaryText, type Summary } from '../summary.ts';

export interface MigrateOptions {
  readonly data?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
  /** Key files of two different people; only a plan whose policy asks for approval needs them. */
  readonly operator?: string;
  readonly approver?: string;
}

export interface ResumeOptions extends MigrateOptions {
  /** Why it is safe to go on; recorded. */
  readonly decision?: string;
  readonly migration?: string;
}

const LOCAL: Actor = { type: 'user', id: 'local-operator', roles: ['operator'] };
const DECISION_DEFAULT = 'resumed at the command line after the cause was looked into';

/** Opens the whole house of `--data` for one command, without a listening port anybody else needs to know. */
export async function withHouse<T>(options: MigrateOptions, work: (house: House) => Promise<T>): Promise<T> {
  const config = loadConfig({ directory: options.data, port: 0 });
  const log = options.verbose ? openLog(systemClock) : silentLog;
  // Loaded here: a plan that is refused needs no house.
  const { openHouse } = await import('../house.ts');
  const house = await openHouse({ config, parts: ['gateway', ...SUBGRAPHS], log });
  try {
    return await work(house);
  } finally {
    await house.close();
  }
}

export function handsOf(house: House, { operator, approver }: MigrateOptions): Hands {
  const admitted = (path: string) => admit(house.config.directory, readKeyFile(path));
  return {
    operator: operator === undefined ? LOCAL : admitted(operator),
    approver: approver === undefined ? undefined : admitted(approver),
  };
}

/** Runs a plan to its end. Exit 0 clean, 2 exceptions open, 3 refused, 1 fault or paused. */
export async function migrate(planPath: string, options: MigrateOptions): Promise<ExitCode> {
  const read = await readPlanFile(planPath);
  if (!read.ok) throw new CommandRefused(read.refusals);
  return withHouse(options, async (house) => {
    const hands = handsOf(house, options);
    const { migration } = await act<{ migration: { id: string; name: string } }>(
      house,
      hands.operator,
      DECLARE,
      read.value,
    );
    if (!options.json) process.stdout.write(`migration ${migration.name} (${basename(planPath)})\n`);
    else process.stderr.write(`migration ${migration.name}\n`);
    return finish(house, hands, migration.id, options);
  });
}

/** Goes on with what a stop interrupted: the same final state as if there had been none. */
export async function resume(options: ResumeOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const hands = handsOf(house, options);
    const migration = await chosen(house, hands.operator, options.migration);
    process.stderr.write(`migration ${migration.name}\n`);
    return finish(house, hands, migration.id, { ...options, decision: options.decision ?? DECISION_DEFAULT });
  });
}

/** The migration of that name, or the only one there is. */
export async function chosen(
  house: House,
  actor: Actor,
  name: string | undefined,
): Promise<{ id: string; name: string }> {
  const { migrations } = await ask<{ migrations: { nodes: { id: string; name: string }[] } }>(house, actor, MIGRATIONS);
  const found = name === undefined ? migrations.nodes : migrations.nodes.filter((each) => each.name === name);
  const [first, second] = found;
  if (first && !second) return first;
  const names = migrations.nodes.map((each) => each.name).join(', ') || 'none';
  const message = first
    ? `there are several migrations (${names}); say which`
    : `no such migration; there are: ${names}`;
  throw new Fault({ code: 'MIGRATION_UNCLEAR', retry: 'permanent', message });
}

export interface FinishOptions {
  readonly json?: boolean;
  readonly decision?: string;
}

/** Drives to the end, seals the evidence, prints the summary, and says how it went. */
export async function finish(
  house: House,
  hands: Hands,
  migrationId: string,
  options: FinishOptions,
): Promise<ExitCode> {
  const summary = await complete(house, hands, migrationId, options.decision);
  process.stdout.write(options.json ? `${JSON.stringify(summary)}\n` : summaryText(summary));
  return exitOf(summary);
}

export async function complete(
  house: House,
  hands: Hands,
  migrationId: string,
  decision: string | undefined,
): Promise<Summary> {
  const started = systemClock.elapsedMs();
  const progress = progressLine();
  const end = await drive({ house, hands, migrationId, progress, decision }).finally(() => progress.end());
  const isPaused = end.kind === 'paused';
  if (end.kind === 'paused') {
    for (const { dataset, id, paused } of end.batches)
      process.stderr.write(
        `paused: ${dataset?.name ?? id}: ${paused?.code}: ${paused?.reason}\n` +
          `  to go on: waybill resume --data ${house.config.directory}\n`,
      );
  }
  const pack = isPaused ? undefined : await sealEvidence(house, hands.operator, migrationId);
  const seconds = (systemClock.elapsedMs() - started) / 1000;
  return summarise({ house, reader: hands.operator, migrationId, isPaused, pack, seconds });
}

export function exitOf({ outcome }: Summary): ExitCode {
  switch (outcome) {
    case 'clean':
    case 'acknowledged':
      return EXIT.clean;
    case 'exceptions-open':
      return EXIT.exceptionsOpen;
    case 'paused':
      return EXIT.fault;
    default:
      return outcome satisfies never;
  }
}
