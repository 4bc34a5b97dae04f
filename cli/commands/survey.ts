/** `waybill survey PLAN`: what the source holds, what its items are and hide, and what has drifted. */
import type { Actor } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import { readPlanFile } from '../../subgraphs/inventory/main.ts';
import { act, ask } from '../ask.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import type { House } from '../house.ts';
import { howFarSurveyed } from '../how-far.ts';
import { lookUntil } from '../look-until.ts';
import { DECLARE, SURVEY, type SurveyProgress } from '../operations.ts';
import { progressLine } from '../progress-line.ts';
import { bytesText, table } from '../table.ts';
import { handsOf, withHouse, type MigrateOptions } from './migrate.ts';

/** A survey that neither lists nor opens anything for so long stands still. */
const STANDSTILL_LIMIT_MS = 30 * 60_000;

interface KindCount {
  readonly kind: string;
  readonly count: number;
}

interface Surveyed extends SurveyProgress {
  readonly state: string;
  readonly number: number;
  readonly unclaimedItems: number;
  readonly added: number;
  readonly changed: number;
  readonly gone: number;
  readonly failure: { readonly code: string; readonly reason: string } | null;
  readonly datasets: readonly {
    readonly dataset: { readonly name: string } | null;
    readonly items: number;
    readonly bytes: number | string;
    readonly structured: number;
    readonly unstructured: number;
    readonly kinds: readonly KindCount[];
    readonly hidden: readonly KindCount[];
  }[];
}

interface Answer {
  readonly migration: {
    readonly name: string;
    readonly surveys: { readonly nodes: readonly Surveyed[] };
    readonly findings: {
      readonly totalCount: number;
      readonly nodes: readonly {
        readonly severity: string;
        readonly code: string;
        readonly count: number;
        readonly detail: string;
        readonly dataset: { readonly name: string } | null;
      }[];
    };
  } | null;
}

const LOOK = `query($id: ID!) { migration(id: $id) { name
  surveys(first: 1) { nodes { state phase number listed inspected unclaimedItems added changed gone
    failure { code reason }
    datasets { dataset { name } items bytes structured unstructured kinds { kind count } hidden { kind count } } } }
  findings(first: 250) { totalCount nodes { severity code count detail dataset { name } } } } }`;

/** Declares the plan, surveys its source and prints what was found. Exit 1 when the source could not be listed. */
export async function survey(planPath: string, options: MigrateOptions): Promise<ExitCode> {
  const read = await readPlanFile(planPath);
  if (!read.ok) throw new CommandRefused(read.refusals);
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    const { migration } = await act<{ migration: { id: string } }>(house, operator, DECLARE, read.value);
    const found = await surveyed(house, operator, migration.id);
    process.stdout.write(options.json === true ? `${JSON.stringify(found)}\n` : `${surveyText(found)}\n`);
    return EXIT.clean;
  });
}

/** Surveys the migration and waits for the end of it. Throws the fault that ended it, or STANDSTILL. */
export async function surveyed(house: House, operator: Actor, id: string): Promise<Answer> {
  await act(house, operator, SURVEY, { migrationId: id });
  return untilDone(house, operator, id);
}

async function untilDone(house: House, operator: Actor, id: string): Promise<Answer> {
  const progress = progressLine();
  const started = systemClock.elapsedMs();
  let seen = '';
  let seenAt = started;
  try {
    return await lookUntil(house, async () => {
      const answer = await ask<Answer>(house, operator, LOOK, { id });
      const [run] = answer.migration?.surveys.nodes ?? [];
      if (run?.state === 'COMPLETE') return answer;
      if (run?.failure) throw new Fault({ ...run.failure, retry: 'permanent', message: run.failure.reason });
      const now = systemClock.elapsedMs();
      const state = `${run?.phase} ${run?.listed} ${run?.inspected}`;
      if (state !== seen) [seen, seenAt] = [state, now];
      if (now - seenAt > STANDSTILL_LIMIT_MS) {
        throw new Fault({ code: 'STANDSTILL', retry: 'transient', message: 'the survey stands still; run it again' });
      }
      progress.show({ ...howFarSurveyed(run), elapsedSeconds: (now - started) / 1000 });
      return undefined;
    });
  } finally {
    progress.end();
  }
}

function surveyText({ migration }: Answer): string {
  const [run] = migration?.surveys.nodes ?? [];
  if (migration === null || run === undefined) return 'nothing was surveyed';
  const parts = [`${migration.name}, survey ${run.number}: ${run.listed} items listed, ${run.inspected} opened`];
  const datasets = run.datasets.map(({ dataset, items, bytes, structured, unstructured, kinds, hidden }) => [
    dataset?.name ?? '',
    items,
    bytesText(Number(bytes)),
    structured,
    unstructured,
    countsText(kinds),
    countsText(hidden),
  ]);
  parts.push(table(['dataset', 'items', 'bytes', 'structured', 'unstructured', 'content', 'inside'], datasets));
  if (run.unclaimedItems > 0) parts.push(`${run.unclaimedItems} items belong to no dataset and stay outside`);
  if (run.added + run.changed + run.gone > 0 && run.number > 1) {
    parts.push(`since the survey before: ${run.added} added, ${run.changed} changed, ${run.gone} gone`);
  }
  const { nodes, totalCount } = migration.findings;
  if (nodes.length > 0) {
    const rows = nodes.map(({ severity, code, count, detail, dataset }) => [
      severity,
      code,
      dataset?.name ?? '',
      count,
      detail,
    ]);
    const more = totalCount > nodes.length ? `\nand ${totalCount - nodes.length} more` : '';
    parts.push(`${table(['severity', 'finding', 'dataset', 'count', 'what it means'], rows)}${more}`);
  }
  return parts.join('\n\n');
}

function countsText(counts: readonly KindCount[]): string {
  return counts.map(({ kind, count }) => `${kind} ${count}`).join(', ');
}
