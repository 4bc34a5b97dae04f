/** Reconciles a truth set twice on one store, and says what was found that was not planted, and the other way. */
import { forgetPlace, type MemoryPlace } from '../../plugins/memory/index.ts';
import { openKeys } from '../../runtime/keys.ts';
import { Batch, Migration } from '../../subgraphs/validation/store/tables.ts';
import type { Place } from '../../test/support/stores.ts';
import { Rig } from '../../test/validation/rig.ts';
import type { TruthSet } from './truth-set.ts';

export interface Truth {
  readonly source: number;
  readonly target: number;
  readonly planted: number;
  readonly found: number;
  /** Planted, and not found in its category and at its place. */
  readonly missed: readonly string[];
  /** Found, and not planted. */
  readonly invented: readonly string[];
  /** Digests of every sealed report, in the order of the plan; the migration's last. */
  readonly reports: readonly string[];
  /** Whether reconciling again gave the same bytes. */
  readonly repeated: 'identical' | 'different';
  readonly seconds: number;
}

/** Of the migration and its target: sealed documents name both, and have to be the same on every store. */
const NAME = 'truth';
/** The memory place goes through all that it has for each chart. */
const CHARTS_OPENED = 5;

export async function reconcileTruth(place: Place, { datasets, spoil, found: planted }: TruthSet): Promise<Truth> {
  // Keys of their own would give every run other digests.
  const keys = { ...openKeys(place.directory), record: Buffer.alloc(32, 7) };
  forgetPlace(NAME);
  const policy = { validation: { charts: CHARTS_OPENED } };
  const rig = await Rig.open(place, { name: NAME, targetName: NAME, keys, policy });
  quicken(rig.target);
  await rig.carryAll(...datasets);
  spoil(rig);
  const started = performance.now();
  await rig.work();
  const seconds = (performance.now() - started) / 1000;
  const found = await rig.found(datasets);
  const reports = await reportsOf(rig);
  const { source, target } = await unitsOf(rig);
  await rig.forget();
  await rig.tellAgain();
  await rig.work();
  const again = await reportsOf(rig);
  return {
    ...{ source, target, planted: planted.length, found: found.length, reports, seconds },
    missed: without(planted, found),
    invented: without(found, planted),
    repeated: again.join() === reports.join() ? 'identical' : 'different',
  };
}

async function reportsOf(rig: Rig): Promise<readonly string[]> {
  const { batches, migrations } = await rig.house.store.read(async (em) => ({
    batches: await em.find(Batch, {}, { orderBy: { id: 'asc' } }),
    migrations: await em.find(Migration, {}),
  }));
  return [...batches, ...migrations].map(({ report }) => report ?? 'not sealed');
}

async function unitsOf(rig: Rig): Promise<{ readonly source: number; readonly target: number }> {
  const batches = await rig.house.store.read((em) => em.find(Batch, {}));
  const sum = (name: 'source' | 'target'): number =>
    batches.reduce((all, { verdicts }) => all + (verdicts?.[name] ?? 0), 0);
  return { source: sum('source'), target: sum('target') };
}

/** What is in one list and not in the other, as often as it is there more. */
function without(list: readonly string[], other: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const each of other) left.set(each, (left.get(each) ?? 0) + 1);
  return list.filter((each) => {
    const count = left.get(each) ?? 0;
    left.set(each, count - 1);
    return count <= 0;
  });
}

/** The memory place looks records up one by one, and copies the list for each; with many of them that takes days. */
function quicken(place: MemoryPlace): void {
  const known = new Map<string, { targetId: string; key: string | undefined; bytes: Uint8Array }>();
  let count = 0;
  const add = (type: string, key: string | undefined, resource: object) => {
    count += 1;
    const bytes = Buffer.from(JSON.stringify({ ...resource, id: `m${count}` }));
    const record = { targetId: `${type}/m${count}`, key, bytes };
    const records = place.records.get(type) ?? [];
    place.records.set(type, records);
    records.push(record);
    if (!known.has(`${type} ${key}`)) known.set(`${type} ${key}`, record);
    known.set(record.targetId, record);
    return record;
  };
  const find = (type: string, { key, targetId = '' }: { readonly key?: string; readonly targetId?: string }) =>
    known.get(key === undefined ? targetId : `${type} ${key}`);
  Object.assign(place, { addRecord: add, findRecord: find });
}
