/** The first phase of a survey: every item the source lists becomes a row, chunk by chunk. */
import type { Id } from '../../../kernel/id.ts';
import { compileSelections, type Place } from '../domain/classify.ts';
import { isEffective } from '../domain/exclusion.ts';
import { itemIdOf } from '../domain/item.ts';
import { type ListedRow, saveListed } from '../store/items.ts';
import { exclusionsOf } from '../store/migration-rows.ts';
import { holdsInForce } from '../store/programme-rows.ts';
import type { SurveyRun } from '../store/survey-tables.ts';
import { Migration } from '../store/tables.ts';
import type { InventoryContext } from './context.ts';
import { type ListedItem, listSource, type Listing } from './list-source.ts';
import { type Held, holdPass, itemsOf, type Pass } from './pass.ts';

/** Items of the listing that are saved in one transaction. */
const CHUNK_ITEMS = 500;

type PlaceOf = (path: string) => Place | undefined;

/** Lists what is not listed yet; answers the pass that the rows are of. */
export async function listItems(context: InventoryContext, begun: Pass): Promise<Pass> {
  if (begun.phase !== 'listing') return begun;
  const placeOf = await placesOf(context, begun);
  return listSource(context, begun.source, begun.lease.signal, async (listing) => {
    const { pass, cursor } = await takeUp(context, begun, listing.isOrdered);
    const chunk = new Chunk(placeOf);
    for await (const item of listing.items(cursor)) {
      chunk.add(item);
      if (chunk.listed >= CHUNK_ITEMS) await saveChunk(context, pass, chunk, listing);
    }
    await saveChunk(context, pass, chunk, listing);
    await context.store.transact(async (unit) => {
      const { run } = await holdPass(unit, pass);
      Object.assign(run, { phase: 'inspecting', cursor: null });
    });
    return { ...pass, phase: 'inspecting' };
  });
}

/** Goes on after the cursor where the source lists in order; otherwise a new pass begins with nothing listed. */
function takeUp(context: InventoryContext, begun: Pass, isOrdered: boolean) {
  return context.store.transact(async (unit) => {
    const { migration, run } = await holdPass(unit, begun);
    if (isOrdered && run.cursor !== null) return { pass: begun, cursor: run.cursor };
    // What an earlier pass has written may be gone by now.
    migration.surveyPass += 1;
    const none = { listed: 0, repeated: 0, unclaimedItems: 0, unclaimedBytes: 0, cursor: null };
    Object.assign(run, none, { pass: migration.surveyPass });
    return { pass: { ...begun, pass: run.pass }, cursor: undefined };
  });
}

function placesOf({ store }: InventoryContext, { datasets, migrationId }: Pass): Promise<PlaceOf> {
  return store.read(async (em) => {
    const { rules } = await em.findOneOrFail(Migration, { id: migrationId });
    const ids = datasets.map(({ id }) => id);
    const exclusions = (await exclusionsOf(em, ids)).filter((each) => isEffective(each, rules));
    const holds = await holdsInForce(em, ids);
    return compileSelections(
      datasets.map(({ id, selection }) => ({
        datasetId: id,
        select: selection,
        exclusions: exclusions.filter(({ datasetId }) => datasetId === id),
        holds: holds.flatMap(({ datasetId, items }) => (datasetId === id ? [items] : [])),
      })),
    );
  });
}

/** Listed items on their way into the store. */
class Chunk {
  readonly rows = new Map<Id, ListedRow>();
  listed = 0;
  repeated = 0;
  unclaimedItems = 0;
  unclaimedBytes = 0;
  last: string | null = null;
  readonly #placeOf: PlaceOf;

  constructor(placeOf: PlaceOf) {
    this.#placeOf = placeOf;
  }

  add({ path, sizeBytes, modifiedAt }: ListedItem): void {
    this.listed += 1;
    this.last = path;
    const place = this.#placeOf(path);
    if (place === undefined) {
      this.unclaimedItems += 1;
      this.unclaimedBytes += sizeBytes;
      return;
    }
    const id = itemIdOf(place.datasetId, path);
    if (this.rows.has(id)) this.repeated += 1;
    this.rows.set(id, { id, path, sizeBytes, modifiedAt: modifiedAt ?? null, ...place });
  }

  clear(): void {
    this.rows.clear();
    Object.assign(this, { listed: 0, repeated: 0, unclaimedItems: 0, unclaimedBytes: 0 });
  }
}

async function saveChunk(context: InventoryContext, pass: Pass, chunk: Chunk, listing: Listing): Promise<void> {
  if (chunk.listed === 0) return;
  await context.store.transact(async (unit) => {
    const { run }: Held = await holdPass(unit, pass);
    const known = await saveListed(unit.em, itemsOf(pass), [...chunk.rows.values()], pass.pass);
    addTo(run, chunk, known);
    if (listing.isOrdered) run.cursor = chunk.last;
  });
  chunk.clear();
}

function addTo(run: SurveyRun, chunk: Chunk, known: number): void {
  run.listed += chunk.listed;
  run.repeated += chunk.repeated + known;
  run.unclaimedItems += chunk.unclaimedItems;
  run.unclaimedBytes += chunk.unclaimedBytes;
}
