/** `waybill exceptions remedy`: items that something was found about are moved again, as a batch of their own. */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Actor } from '../../kernel/actor.ts';
import { act, ask } from '../ask.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { BEFORE_LAUNCH, type Hands } from '../drive.ts';
import type { House } from '../house.ts';
import { sizeOfFile } from '../named-file.ts';
import { APPROVE, LAUNCH, PROPOSE } from '../operations.ts';
import { isCause, mutationOf } from './exceptions.ts';
import { handsOf, withHouse, type ResumeOptions } from './migrate.ts';

export interface RemedyOptions extends ResumeOptions {
  readonly reason?: string;
  /** The file of the lineage map as it was corrected. */
  readonly lineage?: string;
}

interface Remedy {
  readonly id: string;
  readonly state: string;
  readonly exceptions: number;
  readonly items: number;
  readonly closed: number | null;
  readonly left: number | null;
}

const FIELDS = 'id state exceptions items closed left';
const ASK = mutationOf('proposeRemedy', `remedy { ${FIELDS} }`);
const CANCEL = mutationOf('cancelRemedy', `remedy { ${FIELDS} }`);
const BATCH = `query($id: ID!) { batch(id: $id) { id state paused { code reason } migration { id } } }`;
const REMEDIES = `query($id: ID!) { migration(id: $id) { remedies { ${FIELDS} } } }`;

interface Moving {
  readonly state: string;
  readonly paused: { readonly code: string; readonly reason: string } | null;
  readonly migration: { readonly id: string };
}

const POLL_EVERY_MS = 250;
/** How long the command waits for each step; the house goes on with it when it is opened the next time. */
const STEP_MAX_MS = 24 * 3_600_000;

const isRemedy = (id: string): boolean => id.startsWith('bat-');

/**
 * Asks for the remedy of an exception or of a cause, proposes its launch, launches it and waits for it. Where the
 * policy asks for an approver and none is given, the launch is refused, and the remedy waits: `id` may be one that was
 * asked for before. Exit 2 when something stays open.
 */
export function remedyExceptions(id: string, options: RemedyOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const { operator, approver } = handsOf(house, options);
    const batchId = isRemedy(id) ? id : await asked(house, operator, id, options);
    const planned = () => batchOf(house, operator, batchId);
    const { migration, state } = await until(planned, (batch) => batch !== null);
    await launch(house, { operator, approver }, batchId, state);
    const stands = async () => {
      const batch = await batchOf(house, operator, batchId);
      return { batch, remedy: await remedyOf(house, operator, migration.id, batchId) };
    };
    const isOver = ({ batch, remedy }: Awaited<ReturnType<typeof stands>>): boolean =>
      remedy?.state === 'ENDED' || batch.state === 'PAUSED';
    const { batch, remedy } = await until(stands, isOver);
    process.stdout.write(`${JSON.stringify(remedy)}\n`);
    if (batch.paused !== null) process.stderr.write(`paused: ${batch.paused.code}: ${batch.paused.reason}\n`);
    return remedy?.state === 'ENDED' && remedy.left === 0 ? EXIT.clean : EXIT.exceptionsOpen;
  });
}

/** Takes a remedy back that is not launched. */
export function cancelRemedy(remedyId: string, options: ResumeOptions): Promise<ExitCode> {
  return withHouse(options, async (house) => {
    const { remedy } = await act<{ remedy: Remedy }>(house, handsOf(house, options).operator, CANCEL, { remedyId });
    process.stdout.write(`${JSON.stringify(remedy)}\n`);
    return EXIT.clean;
  });
}

/** Goes on from wherever it stands: a command that was stopped may be given again. */
async function launch(house: House, { operator, approver }: Hands, batchId: string, state: string): Promise<void> {
  if (!BEFORE_LAUNCH.has(state)) return;
  if (state === 'PLANNED') await act(house, operator, PROPOSE, { batchId });
  if (state !== 'APPROVED' && approver !== undefined) await act(house, approver, APPROVE, { batchId });
  await act(house, operator, LAUNCH, { batchId, idempotencyKey: batchId });
}

async function asked(
  house: House,
  operator: Actor,
  id: string,
  { reason = '', lineage: path }: RemedyOptions,
): Promise<string> {
  if (path !== undefined) await sizeOfFile(path);
  const lineage = path === undefined ? undefined : await readFile(path, 'utf8');
  const about = isCause(id) ? { causeId: id } : { exceptionIds: [id] };
  const { remedy } = await act<{ remedy: Remedy }>(house, operator, ASK, { ...about, reason, lineage });
  process.stdout.write(`${JSON.stringify(remedy)}\n`);
  return remedy.id;
}

async function batchOf(house: House, actor: Actor, id: string): Promise<Moving> {
  return (await ask<{ batch: Moving }>(house, actor, BATCH, { id })).batch;
}

async function remedyOf(house: House, actor: Actor, migrationId: string, id: string): Promise<Remedy | undefined> {
  const answer = await ask<{ migration: { remedies: Remedy[] } }>(house, actor, REMEDIES, { id: migrationId });
  return answer.migration.remedies.find((each) => each.id === id);
}

async function until<T>(look: () => Promise<T>, holds: (found: T) => boolean): Promise<T> {
  const deadline = performance.now() + STEP_MAX_MS;
  for (;;) {
    const found = await look();
    if (holds(found) || performance.now() > deadline) return found;
    await pause(POLL_EVERY_MS);
  }
}
