/** One batch at work: what the verbs of a reconciliation share. */
import { NO_CAPS, type Traffic } from '../../../kernel/bandwidth.ts';
import { keyedDigest, type Sha256 } from '../../../kernel/digest.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
import type { Lineage } from '../../../records/lineage/lineage.ts';
import type { SealedFields } from '../checks/profile-departure.ts';
import { type ValidationPolicy, policyOf } from '../domain/category.ts';
import type { ReadBack } from '../domain/disposition.ts';
import type { SamplingOutcome } from '../domain/sampling/outcome.ts';
import { type DrawPlan, drawPlanOf, NOTHING_SAMPLED } from '../domain/sampling/draw-plan.ts';
import type { VerdictCounts } from '../domain/verdict.ts';
import { datasetPlan, type ReadBackPlan } from '../domain/plan.ts';
import { approvalOf, batchOf, datasetOf, migrationOf } from '../store/copies.ts';
import type { Batch, Dataset, Migration } from '../store/tables.ts';
import { type House, lineageOf, sealedJson } from './house.ts';

export interface BatchTask {
  readonly house: House;
  readonly migration: Migration;
  readonly dataset: Dataset;
  readonly batch: Batch;
  readonly policy: ValidationPolicy;
  readonly plan: ReadBackPlan;
  readonly lineage: Lineage | null;
  /** By remedy: the map it moved its items by, where that is not the batch's. */
  readonly otherMaps: ReadonlyMap<Id, Lineage>;
  /** What a dataset of rows looked like when it was profiled; null where nobody did. */
  readonly profile: SealedFields | null;
  /** How deep its items are looked into. */
  readonly draw: DrawPlan;
  readonly inputs: Inputs;
  readonly survey: Sha256;
  readonly manifest: Sha256;
  readonly record: Sha256;
  /** When transfer said that the batch has moved: what reports are as of. RFC 3339, UTC. */
  readonly movedAt: string;
}

/** The sealed documents a batch goes by: those it was packed with, or where that was never told the newest. */
export interface Inputs {
  readonly plan: Sha256;
  readonly policy: Sha256;
  readonly lineage: Sha256 | null;
}

export function inputsOf(migration: Migration, dataset: Dataset, batch: Batch): Inputs {
  const { plan, policy, lineage = null } = batch;
  if (plan == null || policy == null) {
    return { plan: migration.plan, policy: migration.policy, lineage: dataset.lineage ?? null };
  }
  return { plan, policy, lineage };
}

/** What looking at both ends gave, apart from the findings. */
export interface Seen {
  readonly readBack: ReadBack;
  readonly verdicts: VerdictCounts;
  readonly sampling: SamplingOutcome;
  readonly items: number;
  readonly bytes: number;
  readonly records: number;
  /** Records at the target that are not ours. */
  readonly foreign: number;
}

export async function loadTask(house: House, batchId: string): Promise<BatchTask> {
  const { migration, dataset, batch } = await house.store.read(async (em) => {
    const batch = await batchOf(em, batchId);
    const [migration, dataset] = await Promise.all([
      migrationOf(em, batch.migrationId),
      datasetOf(em, batch.datasetId),
    ]);
    return { migration, dataset, batch };
  });
  const { manifest, record, movedAt } = batch;
  const survey = batch.survey ?? dataset.survey;
  if (manifest == null || record == null || movedAt == null || survey == null) {
    throw brokenPromise('a batch is to be reconciled whose sealed documents validation was never told of', batchId);
  }
  const inputs = inputsOf(migration, dataset, batch);
  const [plan, sealed] = await Promise.all([sealedJson(house, inputs.plan), sealedJson(house, inputs.policy)]);
  const policy = policyOf(sealed);
  const lineage = await lineageOf(house, inputs.lineage);
  const approval = await house.store.read((em) => approvalOf(em, migration.id, inputs.policy));
  const of = { tier: dataset.tier, unit: lineage === null ? 'items' : 'records' } as const;
  return {
    ...{ house, migration, dataset, batch, inputs, survey, manifest, record, movedAt, policy, lineage },
    otherMaps: await otherMapsOf(house, batch, inputs),
    profile: await profileOf(house, dataset),
    plan: { ...datasetPlan(plan, dataset.name), traffic: trafficOf(migration.id, policy) },
    draw: drawPlanOf(policy.sampling ?? NOTHING_SAMPLED, of, approval),
  };
}

async function otherMapsOf(house: House, { remedies }: Batch, inputs: Inputs): Promise<ReadonlyMap<Id, Lineage>> {
  const maps = new Map<Id, Lineage>();
  for (const { batchId, lineage = inputs.lineage } of remedies ?? []) {
    const other = lineage === inputs.lineage ? null : await lineageOf(house, lineage);
    if (other !== null) maps.set(batchId, other);
  }
  return maps;
}

/** The map that speaks for an item: the one it was moved by last. */
export function mapOf(
  { lineage, otherMaps }: Pick<BatchTask, 'lineage' | 'otherMaps'>,
  movedBy: Id | null | undefined,
): Lineage | null {
  return otherMaps.get(movedBy ?? '') ?? lineage;
}

async function profileOf(house: House, { format, profile }: Dataset): Promise<SealedFields | null> {
  if (format !== 'delimited' || profile == null) return null;
  return (await sealedJson(house, profile)) as unknown as SealedFields;
}

/** A policy that was sealed before there were caps has none. */
export function trafficOf(migrationId: Id, policy: ValidationPolicy): Traffic {
  return { route: migrationId, rules: policy.transfer?.bandwidth ?? NO_CAPS };
}

/** How the transfer record names a record: a source key may be a record number, and the document leaves the house. */
export function recordName(house: House, key: string): Sha256 {
  return keyedDigest(house.keys.record, key);
}

/** Of what both ends must agree on, in canonical form. Keyed: a birth date and a sex could be tried out. */
export function recordDigest(house: House, content: Uint8Array): Sha256 {
  return keyedDigest(house.keys.record, content);
}
