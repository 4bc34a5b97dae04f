/** The same of real, public data: a bulk export of ten patients, spoiled at the target. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Category } from '../../subgraphs/validation/domain/category.ts';
import { change, lose } from '../../test/validation/planted.ts';
import { clinical } from '../../test/validation/practice.ts';
import type { Rig } from '../../test/validation/rig.ts';
import { measurePapers } from './sample-papers.ts';
import { type ClassFound, exceptionsOf, isAbout, namesOf } from './measure.ts';

const FOLDER = join('fhir', 'bulk-ndjson-10-patients');
/** The types that are spoiled; the others come along, for records to belong to somebody. */
const TYPES = ['AllergyIntolerance', 'Condition', 'Immunization'] as const;

interface Spoil {
  readonly name: string;
  readonly expects: readonly Category[];
  /** What of the record is changed; undefined where there is nothing of the kind to lose. */
  readonly spoil: (resource: Record<string, unknown>) => object | undefined;
}

type Concept = { readonly coding?: readonly { readonly system?: string; readonly code?: string }[] };

const conceptName = (resource: Record<string, unknown>) =>
  resource['vaccineCode'] === undefined ? 'code' : 'vaccineCode';
const codingsOf = (resource: Record<string, unknown>) =>
  (resource[conceptName(resource)] as Concept | undefined)?.coding ?? [];

const SPOILS: readonly Spoil[] = [
  {
    ...{ name: 'a code system lost', expects: ['code-translation-mismatch'] },
    spoil: (it) => ({ [conceptName(it)]: { coding: codingsOf(it).map(({ code }) => ({ code })) } }),
  },
  {
    ...{ name: 'a code that became words', expects: ['code-translation-mismatch'] },
    spoil: (it) => ({ [conceptName(it)]: { text: 'words' } }),
  },
  {
    ...{ name: 'another code', expects: ['code-translation-mismatch'] },
    spoil: (it) => ({
      [conceptName(it)]: { ...(it[conceptName(it)] as object), coding: [{ ...codingsOf(it)[0], code: '1' }] },
    }),
  },
  {
    ...{ name: 'what was over is active', expects: ['value-mismatch', 'code-translation-mismatch'] },
    spoil: (it) =>
      JSON.stringify(it['clinicalStatus'] ?? '').includes('resolved')
        ? { clinicalStatus: { coding: [{ code: 'active' }] } }
        : undefined,
  },
  {
    ...{ name: 'a date a day later', expects: ['timestamp-shift', 'value-mismatch'] },
    spoil: (it) => {
      const name = ['recordedDate', 'occurrenceDateTime', 'onsetDateTime'].find((each) => it[each] !== undefined);
      const time = name === undefined ? Number.NaN : Date.parse(String(it[name]));
      return name === undefined || Number.isNaN(time)
        ? undefined
        : { [name]: new Date(time + 86_400_000).toISOString() };
    },
  },
];

interface Victim {
  readonly name: string;
  readonly expects: readonly Category[];
  readonly key: string;
}

export interface SamplesMeasured {
  readonly classes: readonly ClassFound[];
  readonly units: number;
  readonly alarms: readonly string[];
}

/** Spoils up to `each` records of every type in every way, and loses as many. */
export async function measureSamples(folder: string, each: number): Promise<SamplesMeasured> {
  const place = join(folder, FOLDER);
  const names = readdirSync(place).filter((name) => name.endsWith('.ndjson'));
  const files = Object.fromEntries(names.map((name) => [`fhir/${name}`, readFileSync(join(place, name), 'utf8')]));
  const datasets = [clinical(files)];
  const clean = await exceptionsOf('clean-samples', datasets, () => {});
  const victims: Victim[] = [];
  const spoiled = await exceptionsOf('spoiled-samples', datasets, (rig) => {
    victims.push(...spoilAll(rig, each));
  });
  const papers = await measurePapers(folder, each);
  const byName = Map.groupBy(victims, ({ name }) => name);
  const classes = [...byName].map(([name, hit]): ClassFound => {
    const isFound = ({ key, expects }: Victim): boolean =>
      spoiled.rows.some((row) => isAbout(row, [key]) && expects.includes(row.category));
    return { name, isCritical: true, seeded: hit.length, found: hit.filter(isFound).length };
  });
  return {
    classes: [...classes, papers.found],
    units: clean.units + papers.units,
    alarms: [...namesOf(clean.rows), ...papers.alarms],
  };
}

function* spoilAll(rig: Rig, each: number): Generator<Victim> {
  for (const type of TYPES) {
    const keys = (rig.target.records.get(type) ?? []).flatMap(({ key }) => key ?? []);
    for (const { name, expects, spoil } of SPOILS) {
      for (let left = each; left > 0; left--) {
        const key = keys.find((one) => spoil(heldOf(rig, type, one)) !== undefined);
        if (key === undefined) break;
        keys.splice(keys.indexOf(key), 1);
        change(rig, type, key, (it) => ({ ...it, ...spoil(it) }));
        yield { name, expects, key };
      }
    }
    for (const key of keys.splice(0, Math.min(each, keys.length - 1))) {
      const owner = patientOf(heldOf(rig, type, key));
      lose(rig, type, key);
      yield { name: 'a record lost', expects: ['missing-record'], key };
      yield { name: 'the chart of a record lost', expects: ['incomplete-chart'], key: owner };
    }
  }
}

/** The key of the patient a record at the target hangs on. */
function patientOf(resource: Record<string, unknown>): string {
  const reference = (resource['patient'] ?? resource['subject']) as {
    readonly identifier?: { readonly value?: string };
  };
  return reference.identifier?.value ?? '';
}

function heldOf(rig: Rig, type: string, key: string): Record<string, unknown> {
  const bytes = rig.target.findRecord(type, { key })?.bytes ?? '{}';
  return JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
}
