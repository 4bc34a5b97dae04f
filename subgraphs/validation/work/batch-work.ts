/** One batch at work: what the verbs of a reconciliation share. */
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import { keyedDigest, type Sha256 } from '../../../kernel/digest.ts';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Lineage } from '../../../records/lineage/lineage.ts';
import { type ValidationPolicy, policyOf } from '../domain/category.ts';
import type { ReadBack } from '../domain/disposition.ts';
import type { VerdictCounts } from '../domain/verdict.ts';
import { type DatasetPlan, datasetPlan } from '../domain/plan.ts';
import { batchOf, datasetOf, migrationOf } from '../store/copies.ts';
import type { Batch, Dataset, Migration } from '../store/tables.ts';
import { type House, lineageOf, sealedJson } from './house.ts';

export interface BatchTask {
  readonly house: House;
  readonly migration: Migration;
  readonly dataset: Dataset;
  readonly batch: Batch;
  readonly policy: ValidationPolicy;
  readonly plan: DatasetPlan;
  readonly lineage: Lineage | null;
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
  const [plan, policy] = await Promise.all([sealedJson(house, inputs.plan), sealedJson(house, inputs.policy)]);
  return {
    ...{ house, migration, dataset, batch, inputs, survey, manifest, record, movedAt },
    policy: policyOf(policy),
    plan: datasetPlan(plan, dataset.name),
    lineage: await lineageOf(house, inputs.lineage),
  };
}

/** The part of a resource that both ends must agree on: ids and metadata are the target's own. */
export function comparable(resource: Json): Json {
  if (typeof resource !== 'object' || resource === null || Array.isArray(resource)) return resource;
  const { id: _id, meta: _meta, ...rest } = resource as { readonly [key: string]: Json | undefined };
  return rest;
}

/** How the transfer record names a record: a source key may be a record number, and the document leaves the house. */
export function recordName(house: House, key: string): Sha256 {
  return keyedDigest(house.keys.record, key);
}

/** Keyed: a plain digest of a birth date and a sex could be tried out. */
export function recordDigest(house: House, resource: Json): Sha256 {
  return keyedDigest(house.keys.record, canonicalJson(comparable(resource)));
}
