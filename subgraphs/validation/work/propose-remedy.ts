/** Asking for a remedy: items that something was found about are to be moved again, as a batch of their own. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Actor } from '../../../kernel/actor.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import { type Sha256, sha256 } from '../../../kernel/digest.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, type Outcome, type Refusal, refused } from '../../../kernel/refusal.ts';
import type { Unit } from '../../../runtime/store.ts';
import { flattenLineage } from '../../../records/lineage/parse.ts';
import { shippedLibraries } from '../../../records/maps/shipped.ts';
import { readLines, sealLines } from '../../../runtime/strongroom.ts';
import type { SurveyLine } from '../domain/account.ts';
import { wordsOf } from '../domain/exception.ts';
import {
  EXCEPTIONS_PER_REMEDY_MAX,
  ITEMS_MOVED_AGAIN_MAX,
  type Mending,
  mendingOf,
  remedyIdOf,
} from '../domain/remedy.ts';
import { noteAct } from '../store/acts.ts';
import { batchOf, datasetOf, lockMigration } from '../store/copies.ts';
import { exceptionOf, exceptionsNamed } from '../store/exceptions.ts';
import { openOfCause } from '../store/group-acts.ts';
import { findRemedy, itemsAskedFor, Remedy, remediesOfBatch } from '../store/remedies.ts';
import type { ExceptionRow } from '../store/tables.ts';
import { loadTask } from './batch-work.ts';
import { type House, lineageOf } from './house.ts';
import { entryOf, eventOf } from './raise.ts';

export interface RemedyWish {
  /** Either these exceptions, or every open one of the cause. */
  readonly exceptionIds?: readonly Id[] | undefined;
  readonly causeId?: Id | undefined;
  /** What was put right; never patient data. */
  readonly reason: string;
  /** The text of the lineage map as it was corrected, where a rule was wrong. */
  readonly lineage?: string | undefined;
}

/**
 * Plans the batch; it is proposed, approved and launched as any other. Refuses as mendingOf and flattenLineage say, and
 * with REASON_LENGTH, CHOICE_REQUIRED, REMEDY_DIFFERS, EXCEPTION_UNKNOWN, REMEDY_TOO_LARGE, REMEDY_TOO_EARLY and
 * REMEDY_UNDER_WAY.
 */
export async function proposeRemedy(house: House, wish: RemedyWish, actor: Actor): Promise<Outcome<Remedy>> {
  const words = wordsOf('reason', wish.reason);
  if (!words.ok) return words;
  const chosen = await house.store.read((em) => chosenBy(em, wish));
  if (!chosen.ok) return chosen;
  const now = house.clock.now();
  const mending = mendingOf(chosen.value.map(exceptionOf), now);
  if (!mending.ok) return mending;
  const lineage = await sealCorrected(house, mending.value, wish.lineage);
  if (!lineage.ok) return lineage;
  const survey = await sealSurvey(house, mending.value);
  if (!survey.ok) return survey;
  const ids = chosen.value.map(({ id }) => id);
  const asked = { ids, reason: words.value, lineage: lineage.value, ...mending.value, ...survey.value };
  const done = await house.store.transact((unit) => keep(unit, asked, actor, now));
  if (done.ok) house.watchers.changed(done.value.migrationId);
  return done;
}

async function chosenBy(em: SqlEntityManager, wish: RemedyWish): Promise<Outcome<readonly ExceptionRow[]>> {
  const { exceptionIds, causeId } = wish;
  if ((exceptionIds === undefined) === (causeId === undefined)) return refused(CHOICE_REQUIRED);
  const limit = EXCEPTIONS_PER_REMEDY_MAX + 1;
  const wanted = [...new Set(exceptionIds ?? [])];
  const rows =
    causeId !== undefined
      ? await openOfCause(em, causeId, 0, limit)
      : await exceptionsNamed(em, wanted.slice(0, limit));
  if (Math.max(rows.length, wanted.length) >= limit) return refused(tooLarge('exceptions', EXCEPTIONS_PER_REMEDY_MAX));
  const unknown = wanted.find((id) => !rows.some((row) => row.id === id));
  return unknown === undefined ? granted(rows) : refused(exceptionUnknown(unknown));
}

/** The lines that the survey of the batch has of these items: what is excluded is not moved. */
async function sealSurvey(
  house: House,
  { batchId, itemIds }: Mending,
): Promise<Outcome<{ readonly survey: Sha256; readonly items: number }>> {
  const whole = await house.store.read(async (em) => {
    const batch = await batchOf(em, batchId);
    return batch.survey ?? (await datasetOf(em, batch.datasetId)).survey;
  });
  if (whole == null) throw brokenPromise('a batch was reconciled whose survey validation was never told of', batchId);
  const wanted = new Set(itemIds);
  let items = 0;
  async function* lines(survey: Sha256): AsyncGenerator<Json> {
    for await (const line of readLines<SurveyLine>(house.strongroom, survey)) {
      if (!wanted.has(line.itemId) || line.excluded !== undefined) continue;
      items += 1;
      yield line as unknown as Json;
    }
  }
  const { digest } = await sealLines(house.strongroom, lines(whole));
  return items === 0 ? refused(allExcluded) : granted({ survey: digest, items });
}

/** Seals a map that reads and makes what that of the batch does; null where there is none. */
async function sealCorrected(
  house: House,
  { batchId }: Mending,
  text: string | undefined,
): Promise<Outcome<Sha256 | null>> {
  if (text === undefined) return granted(null);
  const whole = flattenLineage(text, shippedLibraries());
  if (!whole.ok) return whole;
  const { digest } = await house.strongroom.put([Buffer.from(whole.value)]);
  const { lineage } = await loadTask(house, batchId);
  const corrected = await lineageOf(house, digest);
  const isAlike = lineage !== null && corrected?.format === lineage.format && corrected.target === lineage.target;
  return isAlike ? granted(digest) : refused(anotherForm(batchId));
}

interface Asked extends Mending {
  readonly ids: readonly Id[];
  readonly reason: string;
  readonly lineage: Sha256 | null;
  readonly survey: Sha256;
  readonly items: number;
}

/** Decides again with everything locked: somebody else may have asked for the same meanwhile. */
async function keep(unit: Unit, asked: Asked, actor: Actor, now: Date): Promise<Outcome<Remedy>> {
  const { ids, reason, lineage, survey, items, batchId: remedyOf } = asked;
  const batch = await batchOf(unit.em, remedyOf);
  const migration = await lockMigration(unit, batch.migrationId);
  await unit.em.refresh(batch);
  const rows = await exceptionsNamed(unit.em, ids);
  const still = mendingOf(rows.map(exceptionOf), now);
  if (!still.ok) return still;
  if (batch.state !== 'reconciled') return refused(tooEarly(remedyOf));
  const underWay = await remedyUnderWay(unit.em, rows);
  if (underWay !== undefined) return refused(underWay);
  if ((await itemsAskedFor(unit.em, remedyOf)) + items > ITEMS_MOVED_AGAIN_MAX) {
    return refused(tooLarge('items of one batch', ITEMS_MOVED_AGAIN_MAX));
  }
  const id = remedyIdOf(remedyOf, ids, await remediesOfBatch(unit.em, remedyOf));
  const { migrationId, datasetId } = batch;
  const by = { proposedBy: actor.id, proposedAt: now.toISOString() };
  const counts = { exceptions: rows.length, items };
  const remedy = unit.em.create(
    Remedy,
    { id, migrationId, datasetId, remedyOf, reason, lineage, state: 'proposed', ...counts, ...by },
    { persist: true },
  );
  for (const row of rows) {
    row.remedyId = id;
    noteAct(unit, migration, row, { action: 'remedy-proposed', actor: actor.id, at: now });
  }
  const about = { subject: id, occurrence: '1', at: now, actor: actor.id };
  const payload = {
    migrationId,
    datasetId,
    batchId: id,
    remedyOf,
    survey,
    ...counts,
    ...(lineage !== null && { lineage }),
  };
  unit.emit(eventOf({ type: 'validation.remedy-proposed.v1', payload, ...about }));
  const digests = {
    survey,
    exceptions: sha256(ids.toSorted().join('\n')),
    reason: sha256(reason),
    ...(lineage && { lineage }),
  };
  unit.audit(entryOf({ action: 'remedy-proposed', ...about, reason: `of ${remedyOf}`, digests }));
  await unit.em.flush();
  return granted({ ...remedy });
}

async function remedyUnderWay(em: SqlEntityManager, rows: readonly ExceptionRow[]): Promise<Refusal | undefined> {
  for (const remedyId of new Set(rows.flatMap((row) => row.remedyId ?? []))) {
    const known = await findRemedy(em, remedyId);
    if (known?.state !== 'proposed' && known?.state !== 'moved') continue;
    const message = `remedy ${remedyId} is about some of these exceptions and has not ended`;
    return {
      code: 'REMEDY_UNDER_WAY',
      message,
      field: FIELD,
      remedy: 'wait for it, or cancel it before it is launched',
    };
  }
  return undefined;
}

/** Takes back what is not launched. Refuses with REMEDY_UNKNOWN and REMEDY_STATE. */
export function cancelRemedy(house: House, id: Id, actor: Actor): Promise<Outcome<Remedy>> {
  return house.store.transact(async (unit) => {
    const known = await findRemedy(unit.em, id);
    if (known === null) return refused(unknownRemedy(id));
    await lockMigration(unit, known.migrationId);
    const remedy = await unit.em.refreshOrFail(known);
    if (remedy.state !== 'proposed') {
      const message = `remedy ${id} is ${remedy.state}`;
      return refused({ code: 'REMEDY_STATE', message, remedy: 'only one whose items were not moved is cancelled' });
    }
    remedy.state = 'cancelled';
    const about = { subject: id, occurrence: 'cancelled', at: house.clock.now(), actor: actor.id };
    const payload = { migrationId: remedy.migrationId, batchId: id };
    unit.emit(eventOf({ type: 'validation.remedy-cancelled.v1', payload, ...about }));
    unit.audit(entryOf({ action: 'remedy-cancelled', ...about }));
    await unit.em.flush();
    return granted({ ...remedy });
  });
}

const FIELD = ['input', 'exceptionIds'];

const CHOICE_REQUIRED: Refusal = {
  code: 'CHOICE_REQUIRED',
  message: 'it is not clear which exceptions are meant',
  field: FIELD,
  remedy: 'give exceptionIds, or a causeId for every open exception of it; not both',
};

const allExcluded: Refusal = {
  code: 'NOTHING_TO_MOVE',
  message: 'the items of these exceptions are excluded from the migration',
  field: FIELD,
  remedy: 'an exclusion is taken back in the plan, not by a remedy',
};

function anotherForm(batchId: Id): Refusal {
  return {
    code: 'REMEDY_DIFFERS',
    message: `the lineage map does not read and make what that of batch ${batchId} does`,
    field: ['input', 'lineage'],
    remedy: 'correct the map the batch was moved by; what another form makes is a migration of its own',
  };
}

function tooLarge(what: string, limit: number): Refusal {
  const message = `a remedy is for at most ${limit} ${what}`;
  return { code: 'REMEDY_TOO_LARGE', message, field: FIELD, remedy: 'what needs more is a migration of its own' };
}

function tooEarly(batchId: Id): Refusal {
  const message = `batch ${batchId} is being reconciled`;
  return { code: 'REMEDY_TOO_EARLY', message, remedy: 'wait until it is reconciled' };
}

function exceptionUnknown(id: Id): Refusal {
  const message = `there is no exception ${id}`;
  return { code: 'EXCEPTION_UNKNOWN', message, field: FIELD, remedy: 'take ids from the list of exceptions' };
}

function unknownRemedy(id: Id): Refusal {
  const message = `there is no remedy ${id}`;
  return { code: 'REMEDY_UNKNOWN', message, field: ['input', 'remedyId'], remedy: 'take an id from the remedies' };
}
