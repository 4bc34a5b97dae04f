/** What the sealed documents say about a batch: where from, where to, by which lineage and under which policy. */
import type { Traffic } from '../../../kernel/bandwidth.ts';
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Sha256 } from '../../../kernel/digest.ts';
import { compileLineage } from '../../../records/lineage/compile.ts';
import type { Lineage } from '../../../records/lineage/lineage.ts';
import { readSealedLineage } from '../../../records/lineage/sealed.ts';
import type { Strongroom } from '../../../runtime/strongroom.ts';
import type { LaunchFacts } from '../domain/launch.ts';
import { dependenciesOf, type Ends, endsOf, type TransferPolicy, transferPolicy } from '../domain/plan.ts';
import type { Documents } from '../domain/readiness.ts';
import { datasetOf, declaredDocuments, documentsOf, migrationOf } from '../store/batches.ts';
import type { Batch, Dataset } from '../store/tables.ts';
import type { TransferContext } from './context.ts';
import { refusalFault } from './refusal-fault.ts';

const DOCUMENT_BYTES_MAX = 16 * 1024 * 1024;

export interface Orders {
  readonly documents: Documents;
  readonly dataset: Dataset;
  readonly ends: Ends;
  /** Names of the datasets that have to end first. */
  readonly dependsOn: readonly string[];
  readonly policy: TransferPolicy;
  /** What its bytes share their bandwidth with. */
  readonly traffic: Traffic;
}

/** Reads the orders of a batch from the strongroom, by the digests inventory told. */
export async function ordersOf(context: TransferContext, batch: Batch): Promise<Orders> {
  const { migration, dataset } = await context.store.read(async (em) => ({
    migration: await migrationOf(em, batch),
    dataset: await datasetOf(em, batch.datasetId),
  }));
  const documents = documentsOf(batch, declaredDocuments(migration, dataset));
  const plan = await readDocument(context.strongroom, documents.plan);
  const policy = transferPolicy(await readDocument(context.strongroom, documents.policy));
  const { name } = dataset;
  const dependsOn = dependenciesOf(plan, name);
  const traffic = { route: batch.migrationId, rules: policy.bandwidth };
  return { dataset, documents, ends: endsOf(plan, name), dependsOn, policy, traffic };
}

/** The map of the orders, compiled; undefined where items pass through. */
export async function lineageOf(
  context: TransferContext,
  { dataset, documents }: Orders,
): Promise<Lineage | undefined> {
  if (documents.lineage === null) return undefined;
  const map = await readSealedLineage(documents.lineage, context.strongroom.readWhole);
  if (!map.ok) throw refusalFault(map.refusals, dataset.id);
  return compileLineage(map.value);
}

/** Everything a launch of the batch would be asked with. */
export function launchFacts(batch: Batch, orders: Orders): LaunchFacts {
  return {
    batchId: batch.id,
    survey: batch.survey,
    lineage: orders.documents.lineage,
    policy: orders.documents.policy,
    ends: orders.ends,
    items: batch.items,
    bytes: batch.bytes,
  };
}

export async function readText(room: Strongroom, digest: Sha256): Promise<string> {
  return (await room.readWhole(digest, DOCUMENT_BYTES_MAX)).toString('utf8');
}

async function readDocument(room: Strongroom, digest: Sha256): Promise<Json> {
  return JSON.parse(await readText(room, digest)) as Json;
}
