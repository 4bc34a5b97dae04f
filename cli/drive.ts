/** Takes a migration from wherever it is to its end: survey, gate, approval, launch, move, reconcile. */
import type { Actor } from '../kernel/actor.ts';
import { systemClock } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { act, ask } from './ask.ts';
import { CODES, type ErrorCode } from '../plugins/sdk/index.ts';
import { CommandRefused } from './exit.ts';
import type { House } from './house.ts';
import { AFTER_MOVE, type HowFar, howFarMoved, howFarReady } from './how-far.ts';
import { lookUntil } from './look-until.ts';
import {
  APPROVE,
  LAUNCH,
  PROGRESS,
  PROPOSE,
  RESUME,
  STATUS,
  SURVEY,
  type BatchStatus,
  type Progress,
  type ReadinessLine,
  type Status,
} from './operations.ts';
import type { ProgressLine } from './progress-line.ts';

/** Who stands at the keyboard. Without an approver only a plan whose policy asks for none can be launched. */
export interface Hands {
  readonly operator: Actor;
  readonly approver?: Actor | undefined;
}

export interface Drive {
  readonly house: House;
  readonly hands: Hands;
  readonly migrationId: string;
  readonly progress: ProgressLine;
  /** Given when paused batches shall go on; without it a paused batch ends the drive. */
  readonly decision?: string | undefined;
}

export type DriveEnd =
  | { readonly kind: 'reconciled' }
  | { readonly kind: 'paused'; readonly batches: readonly BatchStatus[] };

/** How long one subgraph may take to hear what another has said. */
const HEARING_LIMIT_MS = 20_000;
/** A migration in which nothing at all changes for this long is reported as standing still. */
const STANDSTILL_LIMIT_MS = 30 * 60_000;
export const BEFORE_LAUNCH: ReadonlySet<string> = new Set(['PLANNED', 'PROPOSED', 'APPROVED']);

/** Drives to the end. Throws CommandRefused when the rules say no, and a Fault when the machine fails. */
export async function drive(o: Drive): Promise<DriveEnd> {
  await untilReady(o);
  await launch(o);
  if (o.decision !== undefined) await resume(o, o.decision);
  return untilReconciled(o);
}

async function untilReady(o: Drive): Promise<void> {
  const { survey } = await migrationOf(o);
  if (survey.state === 'NONE' || survey.state === 'FAILED') await act(o.house, o.hands.operator, SURVEY, inputOf(o));
  await watch<Status>(o, STATUS, howFarReady, ({ migration, batches }) => {
    if (!migration || migration.readiness.state === 'PENDING' || migration.survey.state === 'RUNNING') return false;
    if (migration.readiness.state === 'READY') return batches?.nodes.length === migration.datasets?.totalCount;
    throw notReady(migration.readiness.lines.filter(({ ok }) => !ok));
  });
}

/** A peer that does not answer is the machine's failure and may pass; everything else is a rule that says no. */
function notReady(missing: readonly ReadinessLine[]): Error {
  const isDown = (code: string | null) =>
    code !== null && code in CODES && CODES[code as ErrorCode].retry === 'transient';
  const [down] = missing.filter(({ code }) => isDown(code));
  if (down && missing.every(({ code }) => isDown(code))) {
    const message = `${down.reason ?? down.line}; run the command again once the other side answers`;
    return new Fault({ code: down.code ?? 'UNAVAILABLE', retry: 'transient', message });
  }
  return new CommandRefused(
    missing.map(({ code, line, reason, requirement }) => ({
      code: code ?? 'NOT_READY',
      message: `${line}: no (${requirement})`,
      remedy: reason ?? 'see the message',
    })),
  );
}

async function launch(o: Drive): Promise<void> {
  const waiting = (await batchesOf(o)).filter(({ state }) => BEFORE_LAUNCH.has(state));
  if (waiting.length === 0) return;
  const { operator, approver } = o.hands;
  if (approver) {
    if (waiting.some(({ state }) => state === 'PLANNED')) await act(o.house, operator, PROPOSE, inputOf(o));
    if (waiting.some(({ state }) => state !== 'APPROVED')) await act(o.house, approver, APPROVE, inputOf(o));
  }
  await launchOnceHeard(o);
}

/** Inventory is ready a moment before transfer has heard of it; a launch in between is refused and asked for again. */
async function launchOnceHeard(o: Drive): Promise<void> {
  const giveUpAt = systemClock.elapsedMs() + HEARING_LIMIT_MS;
  await lookUntil(o.house, async () => {
    try {
      return await act(o.house, o.hands.operator, LAUNCH, { ...inputOf(o), idempotencyKey: `launch ${o.migrationId}` });
    } catch (error) {
      const isUnheard = error instanceof CommandRefused && error.refusals.every(({ code }) => code === 'NOT_READY');
      if (!isUnheard || systemClock.elapsedMs() > giveUpAt) throw error;
      return undefined;
    }
  });
}

async function resume(o: Drive, decision: string): Promise<void> {
  const isPaused = (await batchesOf(o)).some(({ state }) => state === 'PAUSED');
  if (isPaused) await act(o.house, o.hands.operator, RESUME, { ...inputOf(o), decision });
}

async function untilReconciled(o: Drive): Promise<DriveEnd> {
  let isPaused = false;
  await watch<Progress>(o, PROGRESS, howFarMoved, ({ migration, batches }) => {
    const all = batches?.nodes ?? [];
    isPaused = all.some(({ state }) => state === 'PAUSED');
    // What waits for a paused batch goes on when that does.
    const isAtRest = all.every(({ state, waiting }) => AFTER_MOVE.has(state) || state === 'PAUSED' || waiting !== null);
    return isPaused ? isAtRest : migration?.reconciliation != null;
  });
  if (!isPaused) return { kind: 'reconciled' };
  return { kind: 'paused', batches: (await batchesOf(o)).filter(({ state }) => state === 'PAUSED') };
}

/** Looks until `isDone`, showing progress; gives up with STANDSTILL when nothing changes for too long. */
async function watch<Told extends Progress>(
  o: Drive,
  query: string,
  howFar: (told: Told) => HowFar,
  isDone: (told: Told) => boolean,
): Promise<void> {
  const started = systemClock.elapsedMs();
  let changed = started;
  let last = '';
  await lookUntil(o.house, async () => {
    const told = await ask<Told>(o.house, o.hands.operator, query, { id: o.migrationId });
    o.progress.show({ ...howFar(told), elapsedSeconds: (systemClock.elapsedMs() - started) / 1000 });
    if (isDone(told)) return true;
    const [trouble] = await o.house.troubles();
    if (trouble !== undefined) throw new Fault({ code: 'WORK_STOPPED', retry: 'permanent', message: trouble });
    const text = JSON.stringify(told);
    const now = systemClock.elapsedMs();
    if (text !== last) changed = now;
    else if (now - changed > STANDSTILL_LIMIT_MS) throw standstill(o.migrationId);
    last = text;
    return undefined;
  });
}

async function migrationOf(o: Drive): Promise<NonNullable<Status['migration']>> {
  const { migration } = await ask<Status>(o.house, o.hands.operator, STATUS, { id: o.migrationId });
  if (migration) return migration;
  throw new Fault({
    code: 'NOT_FOUND',
    retry: 'permanent',
    message: 'there is no such migration',
    subject: o.migrationId,
  });
}

async function batchesOf(o: Drive): Promise<readonly BatchStatus[]> {
  const { batches } = await ask<Status>(o.house, o.hands.operator, STATUS, { id: o.migrationId });
  return batches?.nodes ?? [];
}

function inputOf({ migrationId }: Drive): { readonly migrationId: string } {
  return { migrationId };
}

function standstill(migrationId: string): Fault {
  const message = 'nothing has changed for a long time; look at the log, then run `waybill resume`';
  return new Fault({ code: 'STANDSTILL', retry: 'transient', message, subject: migrationId });
}
