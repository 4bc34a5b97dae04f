/** `waybill profile PLAN`: every field of the datasets of a plan, read through their connectors. */
import type { Actor } from '../../kernel/actor.ts';
import { systemClock } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Counted } from '../../records/profile/report.ts';
import { readPlanFile } from '../../subgraphs/inventory/main.ts';
import { act, ask } from '../ask.ts';
import { CommandRefused, EXIT, type ExitCode } from '../exit.ts';
import type { House } from '../house.ts';
import { lookUntil } from '../look-until.ts';
import { DECLARE, PROFILE } from '../operations.ts';
import { progressLine } from '../progress-line.ts';
import { handsOf, withHouse, type MigrateOptions } from './migrate.ts';
import { profileText, type ShownProfile } from './profile-text.ts';
import { surveyed } from './survey.ts';

/** A profile that finishes no item for so long stands still. */
const STANDSTILL_LIMIT_MS = 60 * 60_000;
/** Datasets of one migration, and pages of the fields of one dataset. */
const PAGE_ROWS = 250;

interface State {
  readonly state: 'RUNNING' | 'COMPLETE' | 'FAILED';
  readonly items: number;
  readonly itemsDone: number;
  readonly problem: { readonly code: string; readonly reason: string } | null;
  readonly dataset: { readonly id: string; readonly name: string };
}

const STATE = `query($id: ID!) { migration(id: $id) { survey { state }
  profiles(first: ${PAGE_ROWS}) { nodes { state items itemsDone problem { code reason } dataset { id name } } } } }`;

const PAGE = `query($id: ID! $datasetId: ID! $first: Int! $fields: String $findings: String) {
  migration(id: $id) { profiles(datasetId: $datasetId, first: 1) { nodes {
    items records kinds { name count } overflowValues unread { name count }
    fields(first: $first, after: $fields) { pageInfo { hasNextPage endCursor } nodes {
      kind path records populated nullRate values blanks distinct distinctError lengthMin lengthMax numbers numberMin
      numberMax yearMin yearMax patterns { name count } otherPatterns dateShapes { name count } timesWithOffset
      timesWithoutOffset codeSystems { name count } phi } }
    findings(first: $first, after: $findings) { pageInfo { hasNextPage endCursor } nodes {
      code severity kind path count at { itemId position } } } } } } }`;

/** Declares the plan, surveys its source where that was not done, and prints a profile of each dataset with fields. */
export async function profilePlan(planPath: string, options: MigrateOptions): Promise<ExitCode> {
  const read = await readPlanFile(planPath);
  if (!read.ok) throw new CommandRefused(read.refusals);
  return withHouse(options, async (house) => {
    const { operator } = handsOf(house, options);
    const { migration } = await act<{ migration: { id: string } }>(house, operator, DECLARE, read.value);
    const { survey } = await lookAt(house, operator, migration.id);
    if (survey.state !== 'COMPLETE') await surveyed(house, operator, migration.id);
    await act(house, operator, PROFILE, { migrationId: migration.id });
    const done = await untilDone(house, operator, migration.id);
    const profiles: ShownProfile[] = [];
    for (const { dataset } of done.filter(({ state }) => state === 'COMPLETE')) {
      profiles.push(await readWhole(house, operator, migration.id, dataset));
    }
    const text = profiles.map(profileText).join('\n\n\n');
    process.stdout.write(options.json === true ? `${JSON.stringify({ profiles })}\n` : `${text}\n`);
    return endOf(done);
  });
}

/** Throws what kept the first dataset that failed from being profiled; the others have been printed. */
function endOf(done: readonly State[]): ExitCode {
  const failed = done.find(({ state }) => state === 'FAILED');
  if (failed === undefined) return EXIT.clean;
  const { code = 'UNKNOWN', reason = 'look at the log' } = failed.problem ?? {};
  throw new Fault({ code, retry: 'permanent', message: `${failed.dataset.name}: ${reason}` });
}

interface Looked {
  readonly survey: { readonly state: string };
  readonly profiles: { readonly nodes: readonly State[] };
}

async function lookAt(house: House, operator: Actor, id: string): Promise<Looked> {
  const { migration } = await ask<{ migration: Looked | null }>(house, operator, STATE, { id });
  if (migration === null) {
    throw new Fault({ code: 'NOT_FOUND', retry: 'permanent', message: 'there is no such migration', subject: id });
  }
  return migration;
}

async function untilDone(house: House, operator: Actor, id: string): Promise<readonly State[]> {
  const progress = progressLine();
  const started = systemClock.elapsedMs();
  let seen = -1;
  let seenAt = started;
  try {
    return await lookUntil(house, async () => {
      const { profiles } = await lookAt(house, operator, id);
      if (profiles.nodes.every(({ state }) => state !== 'RUNNING')) return profiles.nodes;
      const [trouble] = await house.troubles();
      if (trouble !== undefined) throw new Fault({ code: 'WORK_STOPPED', retry: 'permanent', message: trouble });
      const sum = (read: (each: State) => number) => profiles.nodes.reduce((total, each) => total + read(each), 0);
      const itemsDone = sum((each) => each.itemsDone);
      const now = systemClock.elapsedMs();
      if (itemsDone !== seen) [seen, seenAt] = [itemsDone, now];
      if (now - seenAt > STANDSTILL_LIMIT_MS) {
        throw new Fault({ code: 'STANDSTILL', retry: 'transient', message: 'the profile stands still; run it again' });
      }
      const counts = { items: sum(({ items }) => items), itemsDone };
      progress.show({ phase: 'profiling', ...counts, elapsedSeconds: (now - started) / 1000 });
      return undefined;
    });
  } finally {
    progress.end();
  }
}

interface Page<T> {
  readonly nodes: readonly T[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

interface Finding extends Omit<ShownProfile['findings'][number], 'at'> {
  readonly at: readonly { readonly itemId: string; readonly position: string }[];
}

interface PageAnswer {
  readonly migration: {
    readonly profiles: {
      readonly nodes: readonly (Pick<ShownProfile, 'items' | 'records' | 'overflowValues' | 'unread'> & {
        readonly kinds: readonly Counted[];
        readonly fields: Page<ShownProfile['fields'][number]>;
        readonly findings: Page<Finding>;
      })[];
    };
  };
}

async function readWhole(house: House, operator: Actor, id: string, dataset: State['dataset']): Promise<ShownProfile> {
  const fields: ShownProfile['fields'][number][] = [];
  const findings: ShownProfile['findings'][number][] = [];
  const after: { fields: string | null; findings: string | null } = { fields: null, findings: null };
  for (;;) {
    const variables = { id, datasetId: dataset.id, first: PAGE_ROWS, ...after };
    const { migration } = await ask<PageAnswer>(house, operator, PAGE, variables);
    const [page] = migration.profiles.nodes;
    if (page === undefined) throw new Fault({ code: 'NOT_FOUND', retry: 'permanent', message: 'the profile is gone' });
    fields.push(...page.fields.nodes);
    for (const { at, ...finding } of page.findings.nodes) {
      findings.push({ ...finding, at: at.map(({ itemId, position }) => `${itemId} ${position}`) });
    }
    // Past the end of the shorter list its pages are empty.
    after.fields = page.fields.pageInfo.endCursor ?? after.fields;
    after.findings = page.findings.pageInfo.endCursor ?? after.findings;
    if (page.fields.pageInfo.hasNextPage || page.findings.pageInfo.hasNextPage) continue;
    const kinds = page.kinds.map(({ name, count }) => ({ kind: name, records: count }));
    return { ...page, title: dataset.name, kinds, fields, findings };
  }
}
