/** The head of the log and the entries on their way to its files. Trusted: who can write here can fork the log. */
import { LockMode } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { AuditEntry } from '../../../kernel/event.ts';
import { brokenPromise, Fault } from '../../../kernel/fault.ts';
import { START } from '../../../runtime/outbox.ts';
import { insertRows, rowsOfStretch } from '../../../runtime/rows.ts';
import type { Unit } from '../../../runtime/store.ts';
import { isDecision } from '../domain/entry.ts';
import { EMPTY_ROOT } from '../domain/merkle.ts';
import { LogEntry, LogHead, LogStage } from './tables.ts';

/** More than one batch is on its way only after a crash. */
const STAGES_MAX = 1_000;

const STAGED = ['start', 'size', 'checkpoint', 'bundle'] as const;
/** Without the identity map, which would keep a copy of each bundle. */
export type Staged = Pick<LogStage, (typeof STAGED)[number]>;

/** The head of the log `origin`, made for an empty log when there is none. Fails with LOG_KEY_CHANGED. */
export async function openHead(unit: Unit, origin: string): Promise<LogHead> {
  const [head] = await unit.em.find(LogHead, {}, { limit: 1 });
  if (head?.origin === origin) return head;
  if (head === undefined) {
    const root = EMPTY_ROOT.toString('base64');
    return unit.em.create(LogHead, { origin, root, size: 0, cursor: START, published: 0 });
  }
  throw new Fault({
    code: 'LOG_KEY_CHANGED',
    retry: 'permanent',
    message: `this database keeps the log ${head.origin}; put the key of that log back into keys/log.pem`,
    subject: origin,
  });
}

export async function readHead(em: SqlEntityManager): Promise<LogHead> {
  const [head] = await em.find(LogHead, {}, { limit: 1 });
  if (head === undefined) throw brokenPromise('the log was not opened');
  return head;
}

/** The head, kept from everybody else until the unit is committed. */
export async function lockHead(unit: Unit): Promise<LogHead> {
  const found = await unit.em.find(LogHead, {}, { limit: 1, lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  const [head] = found;
  if (head === undefined) throw brokenPromise('the log was not opened');
  return head;
}

/** Entries taken in at once. */
export interface Intake {
  readonly head: LogHead;
  readonly root: string;
  /** The last audit row taken in. */
  readonly cursor: string;
  readonly checkpoint: string;
  readonly bundle: Buffer;
  readonly entries: readonly AuditEntry[];
}

/** Moves the head over new entries, if it is still where it was read. Fails with LOG_HEAD_MOVED. */
export async function takeIn(unit: Unit, intake: Intake): Promise<void> {
  const { head, root, cursor, checkpoint, bundle, entries } = intake;
  const size = head.size + entries.length;
  const expected = { origin: head.origin, size: head.size, root: head.root, cursor: head.cursor };
  const moved = await unit.em.nativeUpdate(LogHead, expected, { size, root, cursor });
  if (moved !== 1) {
    const message = 'another process appended to the log; this one starts over';
    throw new Fault({ code: 'LOG_HEAD_MOVED', retry: 'transient', message, subject: head.origin });
  }
  await insertRows(unit.em, LogStage, [{ start: head.size, size, checkpoint, bundle }] as LogStage[]);
  const rows = entries.map((entry, at) => indexRow(head.size + at, entry));
  await insertRows(unit.em, LogEntry, rows);
}

/** Batches that the head has taken in and that may not be in the files yet, oldest first. */
export function stagesOf(em: SqlEntityManager): Promise<Staged[]> {
  return rowsOfStretch(em, LogStage, STAGED, { of: {}, by: 'start', from: 0, limit: STAGES_MAX });
}

/**
 * Publishes a stage by `publish` and forgets it. Runs under the lock of the head and never for an older stage than the
 * last, so the published checkpoint never goes back.
 */
export async function publishStage(unit: Unit, stage: Staged, publish: () => Promise<void>): Promise<void> {
  const head = await lockHead(unit);
  if (head.published < stage.size) {
    await publish();
    head.published = stage.size;
  }
  await unit.em.nativeDelete(LogStage, { start: stage.start });
}

function indexRow(position: number, entry: AuditEntry): LogEntry {
  const { id, plane, action, actor, subject, outcome, occurredAt } = entry;
  const decision = { isDecision: isDecision(entry) };
  return { position, id, plane, action, actor, subject, outcome, occurredAt, ...decision } as LogEntry;
}
