/** The profile job: reads every item of a dataset once, seals what its fields hold; goes on where it stopped. */
import { join } from 'node:path';
import type { Json } from '../../../kernel/canonical-json.ts';
import { isFault } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
import type { EndpointSettings, Source } from '../../../plugins/host/index.ts';
import { FileSpill } from '../../../records/profile/file-spill.ts';
import { DatasetProfiler, type ProfiledFormat } from '../../../records/profile/profiler.ts';
import type { JobHandler, Lease } from '../../../runtime/store.ts';
import { readLines, sealJson } from '../../../runtime/strongroom.ts';
import type { SurveyLine } from '../domain/item.ts';
import {
  findingsOf,
  namedItems,
  type SealedProfile,
  sealedProfile,
  type Unread,
  withUnread,
} from '../domain/profile.ts';
import type { Problem } from '../domain/readiness.ts';
import { saveFindings } from '../store/findings.ts';
import { profileOf } from '../store/profile-rows.ts';
import { Dataset } from '../store/tables.ts';
import { entryOf, eventOf } from './announce.ts';
import { PROFILE_JOB, type InventoryContext } from './context.ts';
import { settingsOfSource, SourceFailure, withSource } from './list-source.ts';
import { Patience, unreadCodeOf } from './patience.ts';
import { CheckpointFolder } from './profile-checkpoint.ts';

const CHECKPOINT_EVERY_MS = 2_000;
/** A checkpoint of very many fields takes its time: the work goes on for so many times as long before the next. */
const WORK_PER_CHECKPOINT = 20;

interface Profiling {
  readonly context: InventoryContext;
  readonly lease: Lease;
  readonly dataset: Dataset;
  readonly source: EndpointSettings;
  readonly survey: string;
  readonly startedAt: string;
}

export function profileJob(context: InventoryContext): JobHandler {
  return {
    kind: PROFILE_JOB,
    run: async (payload, lease) => {
      const { datasetId } = payload as { readonly datasetId: Id };
      const folder = new CheckpointFolder(join(context.scratch, 'profile', datasetId));
      const profiling = await begin(context, datasetId, lease);
      if (profiling === undefined) return folder.remove();
      try {
        await finish(profiling, await profileItems(profiling, folder));
        await folder.remove();
      } catch (error) {
        const problem = problemToTell(error);
        if (lease.signal.aborted || problem === undefined) throw error;
        await fail(profiling, problem);
      }
    },
  };
}

/** Undefined where it is our own failure: the job is tried again, or parked. */
function problemToTell(error: unknown): Problem | undefined {
  if (error instanceof SourceFailure) return error.problem;
  return isFault(error) && error.code === 'SPACE_EXHAUSTED' ? { code: error.code, reason: error.message } : undefined;
}

/** Undefined where nobody waits for it any more. */
function begin(context: InventoryContext, datasetId: Id, lease: Lease): Promise<Profiling | undefined> {
  return context.store.read(async (em) => {
    const row = await profileOf(em, datasetId);
    const dataset = await em.findOne(Dataset, { id: datasetId });
    if (row === null || dataset === null || row.state !== 'running') return undefined;
    const { survey, startedAt } = row;
    const source = await settingsOfSource(em, dataset.migrationId);
    return { context, lease, dataset, source, survey, startedAt };
  });
}

function profileItems(profiling: Profiling, folder: CheckpointFolder): Promise<SealedProfile> {
  const { context, lease, source: settings, survey } = profiling;
  return withSource(context, settings, lease.signal, async (source) => {
    const work = await Work.takeUp(profiling, folder, source);
    let number = 0;
    for await (const item of readLines<SurveyLine>(context.strongroom, survey)) {
      number += 1;
      if (number > work.itemsDone) await work.take(item, number);
    }
    const profile = await work.profiler.profile();
    return sealedProfile(profile, await idsOf(profiling, namedItems(profile)), work.unread);
  });
}

/** The ids of the items of these numbers. */
async function idsOf({ context, survey }: Profiling, numbers: ReadonlySet<number>): Promise<ReadonlyMap<number, Id>> {
  const ids = new Map<number, Id>();
  let number = 0;
  for await (const { itemId } of readLines<SurveyLine>(context.strongroom, survey)) {
    number += 1;
    if (numbers.has(number)) ids.set(number, itemId);
  }
  return ids;
}

/** The profile as it grows, item by item, and what of it would survive a stop. */
class Work {
  unread: Unread = {};
  itemsDone = 0;
  readonly #profiling: Profiling;
  readonly #folder: CheckpointFolder;
  readonly #source: Source;
  readonly #spill: FileSpill;
  readonly #patience = new Patience();
  #due: number;

  private constructor(
    readonly profiler: DatasetProfiler,
    given: { profiling: Profiling; folder: CheckpointFolder; source: Source; spill: FileSpill },
  ) {
    this.#profiling = given.profiling;
    this.#folder = given.folder;
    this.#source = given.source;
    this.#spill = given.spill;
    this.#due = given.profiling.context.clock.elapsedMs() + CHECKPOINT_EVERY_MS;
  }

  static async takeUp(profiling: Profiling, folder: CheckpointFolder, source: Source): Promise<Work> {
    const { dataset, lease, startedAt } = profiling;
    const found = await folder.take(profiling);
    const spill = await FileSpill.open(folder.folder, { keepsRemoved: true });
    const format = dataset.format as ProfiledFormat;
    // Whoever holds the lease spills under names of its own, so that one who lost it spoils nothing.
    const options = { format, today: new Date(startedAt), spill, name: `lease-${lease.token}` };
    const profiler =
      found === undefined ? new DatasetProfiler(options) : DatasetProfiler.fromJson(found.profiler, options);
    const work = new Work(profiler, { profiling, folder, source, spill });
    if (found !== undefined) Object.assign(work, { unread: found.unread, itemsDone: found.itemsDone });
    return work;
  }

  async take({ itemId, path, excluded }: SurveyLine, number: number): Promise<void> {
    const { lease, context } = this.#profiling;
    lease.signal.throwIfAborted();
    if (excluded === undefined) await this.#read(itemId, path, number);
    this.itemsDone = number;
    const now = context.clock.elapsedMs();
    if (now < this.#due) return;
    await this.#save();
    const took = context.clock.elapsedMs() - now;
    this.#due = now + took + Math.max(CHECKPOINT_EVERY_MS, took * WORK_PER_CHECKPOINT);
  }

  /** An item that cannot be read to its end counts as far as it was read, and that is found. */
  async #read(itemId: Id, path: string, number: number): Promise<void> {
    const { signal } = this.#profiling.lease;
    let failure: unknown;
    try {
      await this.profiler.add(path, this.#source.read(path, 0, signal), number);
    } catch (error) {
      if (signal.aborted || !isFault(error) || error.code === 'SPACE_EXHAUSTED') throw error;
      failure = error;
      this.unread = withUnread(this.unread, unreadCodeOf(error), itemId);
    }
    this.#patience.after(failure);
  }

  async #save(): Promise<void> {
    const { context, lease, dataset, survey, startedAt } = this.#profiling;
    const { unread, itemsDone } = this;
    const profiler = this.profiler.toJson();
    const prepared = await this.#folder.prepare({ survey, startedAt, itemsDone, unread, profiler });
    await context.store.transact(async (unit) => {
      await unit.hold(lease);
      const row = await profileOf(unit.em, dataset.id);
      if (row !== null && row.survey === survey) row.itemsDone = itemsDone;
    });
    await prepared.replace();
    await this.#spill.sweep();
  }
}

async function finish({ context, lease, dataset, survey }: Profiling, profile: SealedProfile) {
  const digest = await sealJson(context.strongroom, profile as unknown as Json);
  const now = context.clock.now().toISOString();
  const found = findingsOf(profile);
  await context.store.transact(async (unit) => {
    await unit.hold(lease);
    const row = await profileOf(unit.em, dataset.id);
    if (row === null || row.survey !== survey) return;
    const { items, records } = profile;
    const counts = { records, fields: profile.fields.length, findings: found.length };
    Object.assign(row, { state: 'complete', profile: digest, itemsDone: row.items, ...counts, finishedAt: now });
    const scope = { migrationId: dataset.migrationId, datasetId: dataset.id, source: 'profile' } as const;
    await saveFindings(unit.em, scope, found, now);
    const occurrence = `${survey} ${digest}`;
    unit.emit(
      eventOf(context, {
        type: 'inventory.dataset-profiled.v1',
        subject: dataset.id,
        occurrence,
        payload: { ...scopeOf(dataset), survey, profile: digest, items, ...counts },
      }),
    );
    const digests = { survey, profile: digest };
    unit.audit(entryOf(context, { action: 'dataset-profiled', subject: dataset.id, occurrence, digests }));
  });
}

function scopeOf({ id, migrationId }: Dataset) {
  return { migrationId, datasetId: id };
}

async function fail({ context, lease, dataset, survey }: Profiling, problem: Problem): Promise<void> {
  await context.store.transact(async (unit) => {
    await unit.hold(lease);
    const row = await profileOf(unit.em, dataset.id);
    if (row === null || row.survey !== survey) return;
    const finishedAt = context.clock.now().toISOString();
    Object.assign(row, { state: 'failed', finishedAt, problemCode: problem.code, problemReason: problem.reason });
  });
}
