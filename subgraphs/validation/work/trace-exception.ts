/** Where an exception comes from: source value, rule, expected and actual value in one look; masked unless revealed. */
import { canonicalJson, type Json } from '../../../kernel/canonical-json.ts';
import { keyedDigest, type Sha256 } from '../../../kernel/digest.ts';
import { isFault } from '../../../kernel/fault.ts';
import { explainItem } from '../../../records/lineage/explain.ts';
import { readSealedLineage } from '../../../records/lineage/sealed.ts';
import { maskOf } from '../../../records/profile/scan.ts';
import type { EligibleItem } from '../domain/account.ts';
import type { ReconciliationException } from '../domain/exception.ts';
import { type BatchTask, loadTask } from './batch-work.ts';
import { expectedOf, foundOf } from './find-records.ts';
import type { House } from './house.ts';
import { itemsOf } from './items-of.ts';
import { withTarget } from './target.ts';

export interface TracedSource {
  readonly path: string;
  /** Where in the item. */
  readonly position: string;
  /** Keyed, of the value. */
  readonly digest: Sha256;
  readonly text: string;
}

export interface ExceptionTrace {
  readonly exception: ReconciliationException;
  readonly item: Pick<EligibleItem, 'itemId' | 'sha256' | 'sizeBytes'> | null;
  /** The beginning of the original, where no rule reads it. */
  readonly excerpt: string | null;
  readonly map: { readonly name: string; readonly version: string } | null;
  /** Where the rule that writes the element stands in the map, and what it does. */
  readonly rule: string | null;
  readonly transform: string | null;
  readonly sources: readonly TracedSource[];
  /** Canonical JSON of the element, or of the record where the exception names none; null where there is nothing. */
  readonly expected: string | null;
  /** One for each copy at the target. */
  readonly actual: readonly string[];
  /** The code of what kept the target from being read; null where it was read. */
  readonly targetProblem: string | null;
}

const EXCERPT_BYTES = 200;
const TEXT_LENGTH_MAX_CHARS = 2_000;
const SOURCES_MAX = 100;

/** How a value is shown: as it is, or with its letters and digits taken out. */
export type Show = 'masked' | 'revealed';

export async function traceException(
  house: House,
  exception: ReconciliationException,
  show: Show,
  signal: AbortSignal,
): Promise<ExceptionTrace> {
  const shown = (text: string): string => {
    const cut = text.slice(0, TEXT_LENGTH_MAX_CHARS);
    return show === 'revealed' ? cut : maskOf(cut);
  };
  const blank = { item: null, excerpt: null, map: null, rule: null, transform: null, sources: [] };
  const nothing: ExceptionTrace = { exception, ...blank, expected: null, actual: [], targetProblem: null };
  if (exception.batchId === null || exception.itemId === null) return nothing;
  const task = await loadTask(house, exception.batchId);
  const item = await itemOf(task, exception.itemId);
  if (item === undefined) return nothing;
  const { itemId, sha256, sizeBytes } = item;
  const of = { ...nothing, item: { itemId, sha256, sizeBytes } };
  if (sha256 === null) return of;
  if (task.lineage === null) return { ...of, excerpt: shown(await beginningOf(house, sha256)) };
  const values = await valuesOf(task, item, exception, signal);
  return {
    ...of,
    ...(await ruleOf(task, item, sha256, exception, shown)),
    expected: values.expected === undefined ? null : shown(values.expected),
    actual: values.actual.map(shown),
    targetProblem: values.targetProblem,
  };
}

async function itemOf(task: BatchTask, itemId: string): Promise<EligibleItem | undefined> {
  for await (const item of itemsOf(task)) if (item.itemId === itemId) return item;
  return undefined;
}

async function beginningOf({ strongroom }: House, sha256: Sha256): Promise<string> {
  for await (const chunk of strongroom.read(sha256)) {
    return Buffer.from(chunk.subarray(0, EXCERPT_BYTES)).toString('latin1');
  }
  return '';
}

/** The rule that writes the element of the exception, and the source values it read. */
async function ruleOf(
  { house, inputs, batch }: BatchTask,
  item: EligibleItem,
  sha256: Sha256,
  { sourceId, recordType, field }: ReconciliationException,
  shown: (text: string) => string,
): Promise<Pick<ExceptionTrace, 'map' | 'rule' | 'transform' | 'sources'>> {
  const none = { map: null, rule: null, transform: null, sources: [] };
  const movement = batch.remedies?.find(({ batchId }) => batchId === item.movedBy);
  const lineage = movement?.lineage ?? inputs.lineage;
  const sealed = lineage === null ? undefined : await readSealedLineage(lineage, house.strongroom.readWhole);
  if (sealed === undefined || !sealed.ok) return none;
  const texts = new Map<string, string>();
  const digestOf = (value: string): Sha256 => {
    const digest = keyedDigest(house.keys.record, value);
    if (!texts.has(digest)) texts.set(digest, shown(value));
    return digest;
  };
  const key = sourceId === item.path ? undefined : (sourceId ?? undefined);
  const about = { path: item.path, bytes: house.strongroom.read(sha256), key };
  const { map, records } = await explainItem(sealed.value, about, digestOf);
  const record = records.find(({ type }) => recordType === null || type === recordType);
  const writes = record?.fields.filter(({ target }) => field !== null && isWithin(target, field)) ?? [];
  const reads = (writes.length > 0 ? writes.flatMap(({ sources }) => sources) : (record?.identity ?? [])).slice(
    0,
    SOURCES_MAX,
  );
  return {
    map,
    rule: writes[0]?.rule ?? null,
    transform: writes[0]?.transform ?? null,
    sources: reads.map(({ path, position, digest }) => ({ path, position, digest, text: texts.get(digest) ?? '' })),
  };
}

/** Whether one path is the other, or lies in it or around it. */
function isWithin(target: string, field: string): boolean {
  const [inner, outer] = target.length >= field.length ? [target, field] : [field, target];
  return inner === outer || (inner.startsWith(outer) && /^[.[]/.test(inner.slice(outer.length)));
}

interface Values {
  readonly expected: string | undefined;
  readonly actual: readonly string[];
  readonly targetProblem: string | null;
}

async function valuesOf(
  task: BatchTask,
  item: EligibleItem,
  exception: ReconciliationException,
  signal: AbortSignal,
): Promise<Values> {
  const all = await expectedOf(task, item, exception);
  const [first] = all ?? [];
  if (all === undefined || first === undefined || all.size !== 1) {
    return { expected: undefined, actual: [], targetProblem: null };
  }
  const [name, { resource }] = first;
  const expected = elementText(resource, exception.field);
  try {
    const found = await withTarget(task.house, task.plan, signal, (target) => foundOf(task, target, item, all, signal));
    const copies = [...(found.get(name)?.values() ?? [])];
    const actual = copies.flatMap((copy) => elementText(copy.resource, exception.field) ?? []);
    return { expected, actual, targetProblem: null };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { expected, actual: [], targetProblem: error.code };
  }
}

function elementText(resource: Json | undefined, field: string | null): string | undefined {
  let value: Json | undefined = resource;
  for (const step of (field ?? '').split(/[.[\]]+/).filter((part) => part !== '')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as { readonly [name: string]: Json | undefined })[step];
  }
  return value === undefined ? undefined : canonicalJson(value);
}
