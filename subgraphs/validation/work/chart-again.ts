/** Looks again at charts that lacked something: whether all that was missing is there now. */
import { brokenPromise } from '../../../kernel/fault.ts';
import { readLines } from '../../../runtime/strongroom.ts';
import { numberAsWritten } from '../checks/person.ts';
import { hangingOf } from '../checks/chart.ts';
import type { EligibleItem } from '../domain/account.ts';
import type { Agreement, ReconciliationException } from '../domain/exception.ts';
import { batchesOf } from '../store/copies.ts';
import type { Batch } from '../store/tables.ts';
import { type BatchTask, loadTask } from './batch-work.ts';
import type { ArrivalState } from './charts.ts';
import { expectedOf, foundOf, RECORDS_MAX } from './find-records.ts';
import type { House } from './house.ts';
import { itemsOf } from './items-of.ts';
import type { RelationLine } from './kin.ts';
import { readBytes, withTarget, type Target } from './target.ts';

/** A child that had not arrived: of a document `type` is null. */
interface Lacking {
  readonly batchId: string;
  readonly itemId: string;
  readonly type: string | null;
  readonly key: string;
  readonly isMade: boolean;
}

interface KeyLine {
  readonly t: string;
  readonly k: string;
  readonly i: string;
  readonly u?: string;
  readonly e?: string;
  readonly x?: ArrivalState;
}

/** One answer for each; the sealed documents of a migration are gone through once for all of them. */
export async function* lookAtCharts(
  house: House,
  exceptions: readonly ReconciliationException[],
  signal: AbortSignal,
): AsyncGenerator<{ readonly exception: ReconciliationException; readonly agreement: Agreement }> {
  for (const [migrationId, own] of Map.groupBy(exceptions, (exception) => exception.migrationId)) {
    const batches = await house.store.read((em) => batchesOf(em, migrationId));
    const charts = new Map(own.map(({ recordType, sourceId }) => [`${recordType} ${sourceId}`, new Chart()]));
    for (const batch of batches) await readKeys(house, batch, charts);
    const numbers = await patientNumbers(house, batches, charts);
    for (const batch of batches) await readPapers(house, batch, numbers);
    for (const exception of own) {
      const chart = charts.get(`${exception.recordType} ${exception.sourceId}`);
      if (chart === undefined) throw brokenPromise('a chart was not looked at', exception.id);
      yield { exception, agreement: await chartAgrees(house, chart, signal) };
    }
  }
}

/** What one chart lacked. A record that several batches expect is there when one of them saw it. */
class Chart {
  readonly #lacking = new Map<string, Lacking>();
  readonly #here = new Set<string>();
  #isTooMuch = false;

  take(name: string, lacking: Lacking | undefined): void {
    if (lacking === undefined) this.#here.add(name);
    else if (this.#lacking.size >= RECORDS_MAX) this.#isTooMuch = true;
    else this.#lacking.set(name, lacking);
  }

  /** Undefined where there is more than is looked at one by one. */
  lacking(): readonly Lacking[] | undefined {
    if (this.#isTooMuch) return undefined;
    return [...this.#lacking].filter(([name]) => !this.#here.has(name)).map(([, each]) => each);
  }
}

type Charts = ReadonlyMap<string, Chart>;

async function readKeys(house: House, { id: batchId, expectedKeys }: Batch, charts: Charts): Promise<void> {
  if (expectedKeys == null) return;
  for await (const { t, k, i, u, e, x } of readLines<KeyLine>(house.strongroom, expectedKeys)) {
    for (const chart of [charts.get(`Patient ${u}`), charts.get(`Encounter ${e}`)]) {
      const lacking = { batchId, itemId: i, type: t, key: k, isMade: x !== 'unmapped' };
      chart?.take(`${t} ${k}`, x === undefined ? undefined : lacking);
    }
  }
}

/** The charts of patients by the numbers they may be filed under. */
async function patientNumbers(
  house: House,
  batches: readonly Batch[],
  charts: Charts,
): Promise<ReadonlyMap<string, Chart>> {
  const numbers = new Map<string, Chart>();
  for (const { relations } of batches) {
    if (relations == null) continue;
    for await (const { r, a, x } of readLines<RelationLine>(house.strongroom, relations)) {
      const chart = r === 'number' ? charts.get(`Patient ${a}`) : undefined;
      if (chart !== undefined && x !== null) numbers.set(x, chart);
    }
  }
  return numbers;
}

async function readPapers(house: House, batch: Batch, numbers: ReadonlyMap<string, Chart>): Promise<void> {
  if (batch.relations == null || numbers.size === 0) return;
  for await (const { r, f, a, i, k, x } of readLines<RelationLine>(house.strongroom, batch.relations)) {
    if (r !== 'paper' || f !== 'index') continue;
    const lacking = { batchId: batch.id, itemId: i, type: null, key: k, isMade: true };
    numbers.get(numberAsWritten(a))?.take(`item ${k}`, x === 'gone' ? lacking : undefined);
  }
}

async function chartAgrees(house: House, chart: Chart, signal: AbortSignal): Promise<Agreement> {
  const lacking = chart.lacking();
  if (lacking === undefined)
    return { kind: 'cannot-tell', note: `more than ${RECORDS_MAX} of its records were not there` };
  let left = 0;
  for (const [batchId, own] of Map.groupBy(lacking, (each) => each.batchId)) {
    left += await countLeft(house, batchId, own, signal);
  }
  if (left === 0) return { kind: 'agrees' };
  return { kind: 'disagrees', note: `${left} of the ${lacking.length} records that were missing are still not there` };
}

async function countLeft(
  house: House,
  batchId: string,
  lacking: readonly Lacking[],
  signal: AbortSignal,
): Promise<number> {
  const task = await loadTask(house, batchId);
  const byItem = Map.groupBy(lacking, ({ itemId }) => itemId);
  let left = 0;
  await withTarget(house, task.plan, signal, async (target) => {
    for await (const item of itemsOf(task)) {
      for (const each of byItem.get(item.itemId) ?? []) {
        const isThere =
          each.type === null ? isItemThere(target, item, signal) : isRecordThere(task, target, item, each, signal);
        if (!(await isThere)) left += 1;
      }
    }
  });
  return left;
}

async function isRecordThere(
  task: BatchTask,
  target: Target,
  item: EligibleItem,
  { type, key, isMade }: Lacking,
  signal: AbortSignal,
): Promise<boolean> {
  const name = `${type} ${key}`;
  const expected = isMade ? await expectedOf(task, item, { recordType: type, sourceId: key }) : undefined;
  const due = expected?.get(name);
  if (expected === undefined || due === undefined) return false;
  const found = (await foundOf(task, target, item, expected, signal)).get(name);
  const { owners } = hangingOf(due.resource);
  return [...(found?.values() ?? [])].some(
    ({ resource }) =>
      resource === undefined || hangingOf(resource).owners === owners || task.lineage?.target !== 'fhir-r4',
  );
}

async function isItemThere(target: Target, { parcels }: EligibleItem, signal: AbortSignal): Promise<boolean> {
  const parcel = parcels.find(({ shape }) => shape === 'bytes');
  return parcel !== undefined && (await readBytes(target, parcel.targetId, signal)).kind !== 'missing';
}
