/** Asking for profiles: a job for each dataset reads every record once and says what its fields hold. */
import type { Actor } from '../../../kernel/actor.ts';
import type { Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome, type Refusal } from '../../../kernel/refusal.ts';
import type { Format } from '../../../records/format.ts';
import { isProfiled, PROFILED_FORMATS } from '../../../records/profile/profiler.ts';
import type { Unit } from '../../../runtime/store.ts';
import { isCurrent } from '../domain/profile.ts';
import { datasetsOf, lockMigration } from '../store/migration-rows.ts';
import { DatasetProfile } from '../store/profile-tables.ts';
import { profileOf } from '../store/profile-rows.ts';
import type { Dataset } from '../store/tables.ts';
import { entryOf, refusalEntry } from './announce.ts';
import { unknownDataset } from './approve-lineage.ts';
import { PROFILE_JOB, type InventoryContext } from './context.ts';
import { unknownMigration } from './survey-migration.ts';

export interface ProfileRequest {
  readonly migrationId: Id;
  /** Without it, every dataset whose format holds fields. */
  readonly datasetId?: Id | undefined;
}

/** A profile that is current or under way is the one that was asked for. Refuses as `refusalOf` says. */
export async function profileMigration(
  context: InventoryContext,
  { migrationId, datasetId }: ProfileRequest,
  actor: Actor,
): Promise<Outcome<Id>> {
  return context.store.transact(async (unit) => {
    const migration = await lockMigration(unit.em, migrationId);
    const all = migration === null ? [] : await datasetsOf(unit.em, migrationId);
    const chosen = datasetId === undefined ? all.filter(isStructured) : all.filter(({ id }) => id === datasetId);
    const act = { action: 'profile-requested', subject: datasetId ?? migrationId, actor };
    const no = migration === null ? unknownMigration() : refusalOf(chosen, datasetId);
    if (no !== undefined) {
      unit.audit(refusalEntry(context, act, no.refusals));
      return no;
    }
    const now = context.clock.now().toISOString();
    for (const dataset of chosen) await askFor(unit, dataset, { requestedBy: actor.id, now });
    unit.audit(entryOf(context, act));
    return granted(migrationId);
  });
}

function isStructured({ format }: Dataset): boolean {
  return isProfiled(format as Format);
}

/** What failed over the same items goes on where it was. */
async function askFor(
  unit: Unit,
  { id: datasetId, migrationId, survey, items }: Dataset,
  { requestedBy, now }: { readonly requestedBy: string; readonly now: string },
): Promise<void> {
  if (survey === null) return;
  const before = await profileOf(unit.em, datasetId);
  const isOfThese = before?.survey === survey;
  if (before !== null && isOfThese && before.state === 'running') return;
  if (before !== null && isCurrent(before, { survey })) return;
  const startedAt = isOfThese ? before.startedAt : now;
  const asked = { migrationId, state: 'running' as const, requestedBy, survey, startedAt, items, itemsDone: 0 };
  const open = { profile: null, finishedAt: null, problemCode: null, problemReason: null };
  await unit.em.upsert(DatasetProfile, { datasetId, ...asked, records: 0, fields: 0, findings: 0, ...open });
  unit.enqueue({ kind: PROFILE_JOB, key: datasetId, payload: { datasetId } });
}

type Refused = { readonly ok: false; readonly refusals: readonly Refusal[] };

function refusalOf(chosen: readonly Dataset[], datasetId: Id | undefined): Refused | undefined {
  if (chosen.length === 0 && datasetId !== undefined) return unknownDataset();
  if (chosen.every((dataset) => !isStructured(dataset))) {
    return refused({
      code: 'NOTHING_STRUCTURED',
      message: 'there are no fields in what is moved: nothing that is asked for holds records of a known format',
      field: [datasetId === undefined ? 'migrationId' : 'datasetId'],
      remedy: `name what has one of the formats ${PROFILED_FORMATS.join(', ')}`,
    });
  }
  if (chosen.every(({ survey }) => survey !== null)) return undefined;
  return refused({
    code: 'SURVEY_MISSING',
    message: 'what is to be profiled has not been surveyed',
    field: [datasetId === undefined ? 'migrationId' : 'datasetId'],
    remedy: 'survey the migration first',
  });
}
