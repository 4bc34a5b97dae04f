/** The second phase of a survey: items are opened, a few at a time, and what they are is written beside them. */
import { sha256 } from '../../../kernel/digest.ts';
import type { Source } from '../../../plugins/host/index.ts';
import type { Format } from '../../../records/format.ts';
import { NOTED_MAX, type Noted } from '../../../records/hidden/hidden.ts';
import { placesOf } from '../../../records/hidden/paths.ts';
import type { InspectionScope } from '../domain/survey.ts';
import { pagesByPath, pathsAmong, saveInspected } from '../store/items.ts';
import { saveLinks } from '../store/survey-links.ts';
import type { Dataset, Item } from '../store/tables.ts';
import type { InventoryContext } from './context.ts';
import { type Inspection, inspectItem } from './inspect-item.ts';
import { withSource } from './list-source.ts';
import { holdPass, itemsOf, type Pass } from './pass.ts';
import { Patience } from './patience.ts';

/** Items read at once; the connector may allow fewer. */
const ITEMS_AT_ONCE = 4;
/** Items saved in one transaction. */
const PAGE_ITEMS = 100;
/** Of every so many items one is opened when a sample is asked for. */
const SAMPLE_ONE_IN = 20;
/** Paths looked up in one query. */
const LOOK_UP_PATHS = 500;

/** Inspects what this survey has not inspected yet. Throws a SourceFailure when it is the source that fails. */
export async function inspectItems(context: InventoryContext, pass: Pass): Promise<void> {
  if (pass.phase === 'inspecting' && pass.inspect !== 'none') {
    const patience = new Patience();
    await withSource(context, pass.source, pass.lease.signal, async (source) => {
      for (const dataset of pass.datasets) await inspectDataset({ context, pass, source, patience }, dataset);
    });
  }
  await context.store.transact(async (unit) => {
    const { run } = await holdPass(unit, pass);
    run.phase = 'sealing';
  });
}

interface Look {
  readonly context: InventoryContext;
  readonly pass: Pass;
  readonly source: Source;
  readonly patience: Patience;
}

interface Seen {
  readonly item: Item;
  readonly inspection: Inspection;
}

async function inspectDataset(look: Look, dataset: Dataset): Promise<void> {
  const { context, pass } = look;
  const { id: datasetId } = dataset;
  const page = { datasetId, pass: pass.pass, notInspectedIn: pass.number, limit: PAGE_ITEMS };
  for await (const items of pagesByPath((work) => context.store.read(work), itemsOf(pass), page)) {
    const chosen = items.filter(({ id }) => isChosen(id, pass.inspect));
    if (chosen.length > 0) await savePage(look, await inspectPage(look, chosen, dataset.format as Format));
  }
}

/** The same items whenever it is asked. */
function isChosen(itemId: string, scope: InspectionScope): boolean {
  return scope === 'all' || Number.parseInt(sha256(itemId).slice(0, 8), 16) % SAMPLE_ONE_IN === 0;
}

async function inspectPage(look: Look, items: readonly Item[], format: Format): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const waiting = items.values();
  const work = async (): Promise<void> => {
    for (const item of waiting) {
      if (look.patience.isOver) return;
      const inspection = await inspectItem(look.source, item, format, look.pass.lease.signal);
      look.patience.after(inspection.failure);
      seen.push({ item, inspection });
    }
  };
  await Promise.all(Array.from({ length: ITEMS_AT_ONCE }, work));
  return seen;
}

async function savePage({ context, pass }: Look, seen: readonly Seen[]): Promise<void> {
  const broken = await brokenPointers(context, pass, seen);
  await context.store.transact(async (unit) => {
    const { run } = await holdPass(unit, pass);
    await saveInspected(
      unit.em,
      itemsOf(pass),
      seen.map(({ item, inspection }) => ({
        ...item,
        inspectedIn: pass.number,
        contentKind: inspection.contentKind,
        mediaType: inspection.mediaType,
        isStructured: inspection.isStructured,
        hidden: orNull(inspection.inside.counts),
        noted: notedOf(inspection, broken.get(item.id) ?? 0),
      })),
    );
    const links = seen.flatMap(({ item: { id: itemId, datasetId }, inspection }) =>
      inspection.inside.links.map((link) => ({ ...link, datasetId, itemId, pass: pass.pass })),
    );
    await saveLinks(unit.em, links);
    run.inspected += seen.length;
  });
}

function orNull<T extends object>(counts: T): T | null {
  return Object.keys(counts).length === 0 ? null : counts;
}

function notedOf({ noted, inside }: Inspection, broken: number): readonly Noted[] | null {
  const pointers = `${broken} of ${inside.paths.length} pointers`;
  const all = broken === 0 ? noted : [{ code: 'POINTER_BROKEN', position: pointers }, ...noted];
  return all.length === 0 ? null : all.slice(0, NOTED_MAX);
}

/** How many of an item's pointers lead to no item of any dataset, by item. */
async function brokenPointers(context: InventoryContext, pass: Pass, seen: readonly Seen[]) {
  const broken = new Map<string, number>();
  const datasetIds = pass.datasets.map(({ id }) => id);
  for (const { item, inspection } of seen) {
    const pointers = inspection.inside.paths.map((path) => placesOf(item.path, path));
    const places = [...new Set(pointers.flat())];
    const found = new Set<string>();
    for (let at = 0; at < places.length; at += LOOK_UP_PATHS) {
      const some = places.slice(at, at + LOOK_UP_PATHS);
      const known = await context.store.read((em) => pathsAmong(em, itemsOf(pass), datasetIds, some));
      for (const path of known) found.add(path);
    }
    const count = pointers.filter((each) => !each.some((place) => found.has(place))).length;
    if (count > 0) broken.set(item.id, count);
  }
  return broken;
}
