/** The scripts of a role with real records of the migration in them, drawn by the seed of the sample. */
import { readFileSync } from 'node:fs';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { parse } from 'yaml';
import type { AcceptanceRole, AcceptanceRule } from '../../../kernel/acceptance.ts';
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { keyedDigest } from '../../../kernel/digest.ts';
import { readLines } from '../../../runtime/strongroom.ts';
import { hoursOfDay, type Testing } from '../domain/acceptance.ts';
import { rankOf } from '../domain/sampling/draw.ts';
import type { DrawnRecord, GuidedScript, ScriptStep } from '../domain/script.ts';
import { batchesOf, datasetsOf } from '../store/copies.ts';
import { inQuestion, walksOf } from '../store/walks.ts';
import type { Batch, Migration } from '../store/tables.ts';
import type { House } from './house.ts';

const known = new Map<AcceptanceRole, GuidedScript>();

/** One for each role; they come with Waybill (scripts/*.script.yaml). */
export function scriptOf(role: AcceptanceRole): GuidedScript {
  const before = known.get(role);
  if (before !== undefined) return before;
  const text = readFileSync(new URL(`../scripts/${role}.script.yaml`, import.meta.url), 'utf8');
  const script = parse(text) as GuidedScript;
  known.set(role, script);
  return script;
}

export interface DrawnStep extends ScriptStep {
  /** Null where the migration brings nothing of the kind. */
  readonly drawn: DrawnRecord | null;
}

/** The same records for the same migration, however often it is asked. */
export async function drawScript(
  house: House,
  em: SqlEntityManager,
  migration: Migration,
  role: AcceptanceRole,
): Promise<readonly DrawnStep[]> {
  const { steps } = scriptOf(role);
  const seed = keyedDigest(house.keys.record, canonicalJson({ purpose: 'scripts', migration: migration.id, role }));
  const formats = new Map((await datasetsOf(em, migration.id)).map(({ id, format }) => [id, format]));
  const batches = (await batchesOf(em, migration.id)).map((batch) => ({
    batch,
    isOfMessages: formats.get(batch.datasetId) === 'hl7v2',
  }));
  const drawn = await lowestOf(house, batches, Buffer.from(seed, 'hex'), steps);
  const left = new Map([...drawn].map(([type, list]) => [type, [...list]]));
  const result: DrawnStep[] = [];
  for (const step of steps) {
    const odd = step.kind === 'edge' ? await inQuestion(em, migration.id, step.record) : undefined;
    result.push({ ...step, drawn: odd ?? left.get(step.record)?.shift() ?? null });
  }
  return result;
}

/**
 * The steps that fewer people walked since the items last moved, and in how many hours of a day they were walked. What
 * nothing was drawn for, nobody can walk.
 */
export async function testingOf(
  house: House,
  em: SqlEntityManager,
  migration: Migration,
  role: AcceptanceRole,
  { testersMin = 0, shiftHours = 0 }: Pick<AcceptanceRule, 'testersMin' | 'shiftHours'>,
): Promise<Testing> {
  const asked = { testersMin, shiftHours };
  if (testersMin === 0 && shiftHours === 0) return { ...asked, unwalked: [], hoursWalked: 0 };
  const movedAt = (await batchesOf(em, migration.id)).map((batch) => batch.movedAt ?? '').toSorted();
  const since = movedAt.at(-1) ?? '';
  const walks = (await walksOf(em, migration.id)).filter((walk) => walk.role === role && walk.walkedAt >= since);
  const steps = await drawScript(house, em, migration, role);
  const unwalked = steps.flatMap(({ id, drawn }) => {
    const people = new Set(walks.flatMap(({ stepId, walkedBy }) => (stepId === id ? [walkedBy] : [])));
    return drawn !== null && people.size < testersMin ? [id] : [];
  });
  const isForNobody = steps.every(({ drawn }) => drawn === null);
  const hoursWalked = isForNobody ? shiftHours : hoursOfDay(walks.map(({ walkedAt }) => new Date(walkedAt)));
  return { ...asked, unwalked, hoursWalked };
}

interface KeyLine {
  readonly t: string;
  readonly k: string;
  readonly i?: string;
  readonly p?: string;
  readonly x?: string;
}

/** Of each kind the records of the lowest ranks, as many as there are steps. */
async function lowestOf(
  house: House,
  batches: readonly { readonly batch: Batch; readonly isOfMessages: boolean }[],
  seed: Uint8Array,
  steps: readonly ScriptStep[],
): Promise<ReadonlyMap<string, readonly DrawnRecord[]>> {
  const lowest = new Map(steps.map(({ record }) => [record, new Lowest(steps.length)]));
  for (const { batch, isOfMessages } of batches) {
    const { id: batchId, datasetId, expectedKeys, survey, lineage } = batch;
    const of = { datasetId, batchId };
    if (expectedKeys != null) {
      for await (const { t: type, k: key, i, p = '', x } of readLines<KeyLine>(house.strongroom, expectedKeys)) {
        if (i !== undefined && x !== 'unmapped')
          lowest.get(type)?.add(rankOf(seed, `${type} ${key}`), { ...of, itemId: i, type, key, position: p });
      }
    }
    const kinds = [...(lineage == null ? ['item'] : []), ...(isOfMessages ? ['message'] : [])];
    const wanted = kinds.flatMap((type) => [...lowest].filter(([kind]) => kind === type));
    if (wanted.length === 0 || survey == null) continue;
    for await (const { itemId, path: key } of readLines<{ itemId: string; path: string }>(house.strongroom, survey)) {
      for (const [type, list] of wanted) list.add(rankOf(seed, itemId), { ...of, itemId, type, key, position: '' });
    }
  }
  return new Map([...lowest].map(([type, list]) => [type, list.records]));
}

/** A few of the lowest ranks, in order. */
class Lowest {
  readonly #size: number;
  #list: { readonly rank: number; readonly record: DrawnRecord }[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  add(rank: number, record: DrawnRecord): void {
    const last = this.#list.at(-1);
    if (last !== undefined && this.#list.length >= this.#size && last.rank <= rank) return;
    this.#list.push({ rank, record });
    this.#list.sort((left, right) => left.rank - right.rank);
    this.#list = this.#list.slice(0, this.#size);
  }

  get records(): readonly DrawnRecord[] {
    return this.#list.map(({ record }) => record);
  }
}
