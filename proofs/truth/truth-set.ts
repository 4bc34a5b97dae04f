/**
 * The truth set: a practice of any size without a fault, and faults of twenty-five kinds planted in it, at the source,
 * on the way and at the target. What must be found is known of each before anything is reconciled.
 */
import {
  adt,
  allergy,
  clinical,
  demographics,
  documents,
  labs,
  medication,
  ndjson,
  NO_KNOWN_ALLERGY,
  patients,
  queue,
} from '../../test/validation/practice.ts';
import type { DatasetGiven, Rig } from '../../test/validation/rig.ts';
import { mrnOf, person, result } from './people.ts';
import { messageOf, paperOf, Plan, type Size, wordsOf } from './plan.ts';
import { spoilers } from './spoil-target.ts';

export const KINDS = 25;

/** At least 200,000 records on each side and 1,000 faults. */
export const FULL: Size = {
  ...{ patients: 50_000, messages: 30_000, allergies: 30_000, medications: 30_000 },
  ...{ documents: 2_000, queue: 1_000, faults: 40 },
};

export interface TruthSet {
  readonly datasets: readonly DatasetGiven[];
  /** Spoils the target after the delivery. */
  readonly spoil: (rig: Rig) => void;
  /** `category dataset source [field]`, sorted. */
  readonly found: readonly string[];
}

const ROWS_PER_FILE = 1_000;
const MESSAGES_PER_FILE = 250;

export function truthSet(size: Size): TruthSet {
  const plan = new Plan(size.faults);
  const source = [
    people(size, plan),
    results(size, plan),
    statements(size, plan),
    papers(size, plan),
    feed(size, plan),
  ];
  const spoil = spoilers(size, plan);
  return { datasets: source, spoil, found: plan.found.toSorted() };
}

function people({ patients: count }: Size, plan: Plan): DatasetGiven {
  const twice = plan.expect(plan.pick(count, 0, 6), (n) => `duplicate-record demographics mrn:${mrnOf(n)}`);
  const unborn = plan.expect(
    plan.pick(count, 1, 6),
    (n) => `content-implausible demographics mrn:${mrnOf(n)} birthDate`,
  );
  const alike = plan.expect(
    plan.pick(count, 2, 6),
    (n) => `duplicate-patient demographics mrn:${mrnOf(n + 5_000_000)}`,
  );
  const files: Record<string, string> = {};
  for (let from = 0; from < count; from += ROWS_PER_FILE) {
    const rows: (readonly string[])[] = [];
    for (let n = from; n < Math.min(count, from + ROWS_PER_FILE); n += 1) {
      const [mrn = '', family = '', given = '', sex = '', born = ''] = person(n);
      rows.push([mrn, family, given, sex, unborn.has(n) ? '2091-03-05' : born]);
      if (twice.has(n)) rows.push([mrn, family, given, sex, born]);
    }
    files[`csv/patients-${mrnOf(from)}.csv`] = patients(...rows);
  }
  const again = [...alike].map((n) => [mrnOf(n + 5_000_000), ...person(n).slice(1)]);
  files['csv/patients-z.csv'] = patients(...again);
  return demographics(files);
}

function results({ messages: count }: Size, plan: Plan): DatasetGiven {
  const early = plan.expect(
    plan.pick(count, 0, 6),
    (n) => `content-implausible labs rep:ORU${mrnOf(n)}:1 effectiveDateTime`,
  );
  const orphans = plan.expect(plan.pick(count, 1, 6), (n) => `orphan labs rep:ORU${mrnOf(n)}:1`);
  const files: Record<string, string> = {};
  for (let from = 0; from < count; from += MESSAGES_PER_FILE) {
    const to = Math.min(count, from + MESSAGES_PER_FILE);
    let messages = '';
    for (let n = from; n < to; n += 1) {
      if (early.has(n)) messages += result(n, mrnOf(n), '19300901101500-0400');
      else messages += orphans.has(n) ? result(n, mrnOf(n + 8_000_000)) : result(n);
    }
    files[`oru/${mrnOf(from)}.hl7`] = `FHS|^~\\&|LAB\rBHS|^~\\&|LAB\r${messages}BTS|${to - from}\rFTS|1\r`;
  }
  return labs(files);
}

function statements({ allergies, medications }: Size, plan: Plan): DatasetGiven {
  const conflicting = plan.expect(plan.pick(allergies, 0, 6), (n) => `conflicting-allergy clinical mrn:${mrnOf(n)}`);
  const files: Record<string, string> = {};
  for (let from = 0; from < allergies; from += ROWS_PER_FILE) {
    const some: object[] = [];
    for (let n = from; n < Math.min(allergies, from + ROWS_PER_FILE); n += 1) {
      some.push(allergy(`a${n}`, mrnOf(n)));
      if (conflicting.has(n)) some.push(allergy(`n${n}`, mrnOf(n), NO_KNOWN_ALLERGY));
    }
    files[`fhir/allergies-${mrnOf(from)}.ndjson`] = ndjson(...some);
  }
  for (let from = 0; from < medications; from += ROWS_PER_FILE) {
    const some: object[] = [];
    for (let n = from; n < Math.min(medications, from + ROWS_PER_FILE); n += 1)
      some.push(medication(`m${n}`, mrnOf(n)));
    files[`fhir/medications-${mrnOf(from)}.ndjson`] = ndjson(...some);
  }
  return clinical(files);
}

function papers({ documents: count }: Size, plan: Plan): DatasetGiven {
  const stray = plan.expect(plan.pick(count, 0, 6), (n) => `orphan documents ${paperOf(n)}`);
  const lost = plan.expect(plan.pick(count, 0, 6), (n) => `attachment-not-found documents documents/lost-${n}.txt`);
  const aside = plan.expect(plan.pick(count, 1, 6), (n) => `digest-mismatch documents ${paperOf(n)}`);
  // What did not move is missing in a chart.
  plan.lack([...aside]);
  const files: Record<string, string> = {};
  const rows = ['DOC_ID,MRN,FILE'];
  for (let n = 0; n < count; n += 1) {
    files[paperOf(n)] = wordsOf(n);
    if (!stray.has(n)) rows.push(`D${n},${mrnOf(n)},${mrnOf(n)}.txt`);
    if (lost.has(n)) rows.push(`L${n},${mrnOf(n)},lost-${n}.txt`);
  }
  files['documents/index.csv'] = `${rows.join('\n')}\n`;
  const setAside = Object.fromEntries([...aside].map((n) => [paperOf(n), 'DIGEST_MISMATCH_IN_FLIGHT']));
  const { files: _, ...shape } = documents();
  return { ...shape, files, setAside };
}

function feed({ queue: count }: Size, plan: Plan): DatasetGiven {
  const headless = plan.expect(plan.pick(count, 0, 4), (n) => `schema-invalid queue ${messageOf(n)}`);
  const repeated = plan.expect(plan.pick(count, 1, 4), (n) => `sequence-gap queue ${messageOf(n + 9_000_000)}`);
  const files: Record<string, string> = {};
  for (let n = 0; n < count; n += 1) {
    const message = adt(`ADT${mrnOf(n)}`, mrnOf(n));
    files[messageOf(n)] = headless.has(n) ? message.replace(/PID\|[^\r]*\r/, '') : message;
    if (repeated.has(n)) files[messageOf(n + 9_000_000)] = message;
  }
  return queue(files);
}
