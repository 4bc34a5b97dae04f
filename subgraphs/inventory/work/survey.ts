/** The survey job: lists the source once, gives each item to a dataset, and seals what each dataset holds. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Id } from '../../../kernel/id.ts';
import type { JobHandler, Lease, Unit } from '../../../runtime/store.ts';
import { compileSelections, type Place } from '../domain/classify.ts';
import { isEffective } from '../domain/exclusion.ts';
import { itemIdOf } from '../domain/item.ts';
import { saveItems } from '../store/items.ts';
import { datasetsOf, endpointsOf, exclusionsOf, lockMigration } from '../store/migration-rows.ts';
import type { Dataset, Endpoint, Item } from '../store/tables.ts';
import { SURVEY_JOB, type InventoryContext } from './context.ts';
import { failSurvey, finishSurvey, type Unclaimed } from './finish-survey.ts';
import { listSource, SourceFailure, type ListedItem } from './list-source.ts';
import { holdPass, type Pass, SurveyOver } from './pass.ts';
import { sealDataset } from './seal-dataset.ts';

/** Items saved in one transaction. */
const CHUNK_ITEMS = 500;

interface Begun extends Pass {
  readonly source: Endpoint;
  readonly datasets: readonly Dataset[];
  readonly placeOf: (path: string) => Place | undefined;
}

export function surveyJob(context: InventoryContext): JobHandler {
  return {
    kind: SURVEY_JOB,
    run: (payload, lease) => survey(context, (payload as { migrationId: Id }).migrationId, lease),
  };
}

async function survey(context: InventoryContext, migrationId: Id, lease: Lease): Promise<void> {
  const begun = await context.store.transact((unit) => begin(unit, migrationId, lease));
  if (begun === undefined) return;
  try {
    const unclaimed = await listAll(context, begun);
    for (const dataset of begun.datasets) await sealDataset(context, begun, dataset);
    await finishSurvey(context, begun, unclaimed);
  } catch (error) {
    if (error instanceof SurveyOver) return;
    if (!(error instanceof SourceFailure)) throw error;
    await failSurvey(context, begun, error.problem);
  }
}

/** Undefined when nobody waits for a survey any more. */
async function begin(unit: Unit, migrationId: Id, lease: Lease): Promise<Begun | undefined> {
  await unit.hold(lease);
  const migration = await lockMigration(unit.em, migrationId);
  if (migration === null || migration.surveyState !== 'running') return undefined;
  // Rows of a run that was cut off may be of items that are gone by now.
  migration.surveyPass += 1;
  const datasets = await datasetsOf(unit.em, migrationId);
  const [source] = (await endpointsOf(unit.em, migrationId)).filter(({ role }) => role === 'source');
  if (source === undefined) return undefined;
  const ids = datasets.map(({ id }) => id);
  const exclusions = (await exclusionsOf(unit.em, ids)).filter((each) => isEffective(each, migration.rules));
  const placeOf = compileSelections(
    datasets.map(({ id, selection }) => ({
      datasetId: id,
      select: selection,
      exclusions: exclusions.filter(({ datasetId }) => datasetId === id),
    })),
  );
  return { migrationId, pass: migration.surveyPass, lease, source, datasets, placeOf };
}

async function listAll(context: InventoryContext, begun: Begun): Promise<Unclaimed> {
  const { source, lease, placeOf } = begun;
  const { connector, config, secrets } = source;
  const endpoint = { connector, config: config as Json, secrets };
  const unclaimed = { items: 0, bytes: 0 };
  let chunk = new Map<Id, Item>();
  for await (const listed of listSource(context, endpoint, lease.signal)) {
    const place = placeOf(listed.path);
    if (place === undefined) {
      unclaimed.items += 1;
      unclaimed.bytes += listed.sizeBytes;
      continue;
    }
    const item = rowOf(listed, place, begun.pass);
    chunk.set(item.id, item);
    if (chunk.size < CHUNK_ITEMS) continue;
    await saveChunk(context, begun, chunk);
    chunk = new Map();
  }
  if (chunk.size > 0) await saveChunk(context, begun, chunk);
  return unclaimed;
}

function rowOf({ path, sizeBytes, modifiedAt }: ListedItem, { datasetId, excluded }: Place, pass: number): Item {
  const id = itemIdOf(datasetId, path);
  return { id, datasetId, path, sizeBytes, modifiedAt: modifiedAt ?? null, excluded, pass };
}

async function saveChunk(context: InventoryContext, begun: Pass, chunk: ReadonlyMap<Id, Item>): Promise<void> {
  await context.store.transact(async (unit) => {
    await holdPass(unit, begun);
    await saveItems(unit.em, [...chunk.values()]);
  });
}
