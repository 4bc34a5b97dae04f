/** `waybill exceptions ...`: the queue at the command line, by the same rules as in the graph. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Actor } from '../../kernel/actor.ts';
import { act, ask } from '../ask.ts';
import { asCsv, asOperationOutcome, type ExportedException } from '../exception-export.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import type { House } from '../house.ts';
import { table } from '../table.ts';
import { chosen, handsOf, withHouse, type ResumeOptions } from './migrate.ts';

const PAGE = 250;
const POLL_EVERY_MS = 250;
/** How often a job is asked for before the command leaves it to itself; it goes on in the house. */
const POLLS_MAX = 240;

const FIELDS = `id severity category state dataset { name } recordType sourceId targetId field position cause causeId
  note owner raisedAt dueAt isOverdue closedBy waivedUntil`;
const PAGES = `query($migrationId: ID!, $first: Int!, $after: String, $filter: ExceptionFilter) {
  exceptions(migrationId: $migrationId, first: $first, after: $after, filter: $filter) {
    nodes { ${FIELDS} } pageInfo { hasNextPage endCursor } } }`;
const CAUSES = `query($id: ID!, $first: Int!, $after: String) { migration(id: $id) {
  exceptionCauses(first: $first, after: $after, filter: { open: true }) {
    nodes { id text severity open total oldestDueAt dataset { name } } pageInfo { hasNextPage endCursor } } } }`;

interface Cause {
  readonly id: string;
  readonly text: string;
  readonly severity: string;
  readonly open: number;
  readonly total: number;
  readonly oldestDueAt: string | null;
  readonly dataset: { readonly name: string | null } | null;
}

interface Page<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

async function* pages<T>(read: (after: string | null) => Promise<Page<T>>): AsyncGenerator<T> {
  for (let after: string | null = null; ; ) {
    const { nodes, pageInfo }: Page<T> = await read(after);
    yield* nodes;
    if (!pageInfo.hasNextPage) return;
    after = pageInfo.endCursor;
  }
}

/** Open causes, the gravest first. Exit 2 when there is one. */
export function showCauses(options: ResumeOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    const { id } = await chosen(house, operator, options.migration);
    const causes: Cause[] = [];
    const read = async (after: string | null): Promise<Page<Cause>> => {
      const variables = { id, first: PAGE, after };
      const answer = await ask<{ migration: { exceptionCauses: Page<Cause> } }>(house, operator, CAUSES, variables);
      return answer.migration.exceptionCauses;
    };
    for await (const cause of pages(read)) causes.push(cause);
    const head = ['severity', 'open', 'of', 'oldest due', 'dataset', 'cause', 'id'];
    const rows = causes.map(({ severity, open, total, oldestDueAt, dataset, text, id: causeId }) => [
      ...[severity, open, total, oldestDueAt ?? '', dataset?.name ?? '', text, causeId],
    ]);
    process.stdout.write(options.json ? `${JSON.stringify(causes)}\n` : `${table(head, rows)}\n`);
    return causes.length === 0 ? EXIT.clean : EXIT.exceptionsOpen;
  });
}

export interface ExportOptions extends ResumeOptions {
  readonly as: string;
  readonly out?: string;
  /** Closed ones too. */
  readonly all?: boolean;
}

const FORMS: Readonly<Record<string, (exceptions: AsyncIterable<ExportedException>) => AsyncIterable<string>>> = {
  csv: asCsv,
  'operation-outcome': asOperationOutcome,
};

/** Writes exceptions as they are read; what names patients is for operators and reviewers only, as in the graph. */
export function exportExceptions(options: ExportOptions): Promise<ExitCode> {
  const form = FORMS[options.as];
  if (form === undefined) {
    const remedy = `say --as ${Object.keys(FORMS).join(' or --as ')}`;
    throw new CommandRefused([{ code: 'FORM_UNKNOWN', message: `there is no form ${options.as}`, remedy }]);
  }
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    const { id: migrationId } = await chosen(house, operator, options.migration);
    const filter = options.all ? null : { state: { in: ['OPEN', 'OWNED'] } };
    const exceptions = pages(async (after) => {
      const variables = { migrationId, first: PAGE, after, filter };
      return (await ask<{ exceptions: Page<ExportedException> }>(house, operator, PAGES, variables)).exceptions;
    });
    const text = Readable.from(form(exceptions));
    if (options.out === undefined) await printed(text);
    else await pipeline(text, createWriteStream(options.out, { mode: 0o600 }));
    return EXIT.clean;
  });
}

/** Whoever reads may stop reading before the end, as `head` does. */
async function printed(text: Readable): Promise<void> {
  try {
    await pipeline(text, process.stdout, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

export const isCause = (id: string): boolean => id.startsWith('cau-');
export const mutationOf = (name: string, answer: string): string =>
  `mutation($input: ${name[0]?.toUpperCase()}${name.slice(1)}Input!) {
    ${name}(input: $input) { ${answer} userErrors { code message field remedy } } }`;

interface GroupAct {
  readonly id: string;
  readonly total: number;
  readonly done: number;
  readonly refused: number;
  readonly endedAt: string | null;
}
const GROUP_ACT = `groupAct { id total done refused endedAt }`;
const PROGRESS = `query($id: ID!) { groupAct: exceptionGroupAct(id: $id) { id total done refused endedAt } }`;

/** Names who answers for an exception, or for every open one of a cause. */
export function assignExceptions(id: string, owner: string, options: ResumeOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    if (isCause(id)) return group(house, operator, 'assignCause', { causeId: id, owner });
    return single(house, operator, 'assignException', { exceptionId: id, owner });
  });
}

/** Closes what agrees now. Exit 2 when something stays open. */
export function recheckExceptions(id: string, options: ResumeOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    if (isCause(id)) return group(house, operator, 'recheckCause', { causeId: id });
    return single(house, operator, 'recheckException', { exceptionId: id });
  });
}

export function commentException(id: string, text: string, options: ResumeOptions): Promise<ExitCode> {
  return withHouse(options, (house) =>
    single(house, handsOf(house, options).operator, 'commentException', { exceptionId: id, text }),
  );
}

export interface WaiveOptions extends ResumeOptions {
  readonly reason: string;
  readonly until: string;
}

/** Asks for a waiver; with `--approver`, somebody else, it is approved at once. */
export function waiveExceptions(id: string, options: WaiveOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const { operator, approver } = handsOf(house, options);
    const wish = { reason: options.reason, expiresAt: options.until };
    if (isCause(id)) return group(house, operator, 'proposeCauseWaivers', { causeId: id, ...wish });
    const input = { exceptionId: id, ...wish };
    const { digest } = await act<{ digest: string }>(house, operator, mutationOf('proposeWaiver', 'digest'), input);
    process.stdout.write(`${digest}\n`);
    if (approver === undefined) return EXIT.clean;
    return single(house, approver, 'approveWaiver', { digest });
  });
}

async function single(house: House, actor: Actor, mutation: string, input: object): Promise<ExitCode> {
  const answer = 'exception { id state owner closedBy }';
  const { exception } = await act<{ exception: object }>(house, actor, mutationOf(mutation, answer), input);
  process.stdout.write(`${JSON.stringify(exception)}\n`);
  return EXIT.clean;
}

/** Waits for the job that does it, and says what came of it. */
async function group(house: House, actor: Actor, mutation: string, input: object): Promise<ExitCode> {
  let { groupAct } = await act<{ groupAct: GroupAct }>(house, actor, mutationOf(mutation, GROUP_ACT), input);
  for (let polls = 0; groupAct.endedAt === null && polls < POLLS_MAX; polls++) {
    await pause(POLL_EVERY_MS);
    ({ groupAct } = await ask<{ groupAct: GroupAct }>(house, actor, PROGRESS, { id: groupAct.id }));
  }
  process.stdout.write(`${JSON.stringify(groupAct)}\n`);
  return groupAct.refused > 0 || groupAct.endedAt === null ? EXIT.exceptionsOpen : EXIT.clean;
}
