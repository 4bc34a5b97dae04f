/** Sources whose expected FHIR somebody else has published. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Departure, LineageMap } from '../../records/lineage/language.ts';

export type Origin = Exclude<Departure['from'], '*'>;

export interface Pair {
  /** The source's path, relative to the samples. */
  readonly name: string;
  readonly origin: Origin;
  readonly format: LineageMap['format'];
  readonly source: string;
  readonly expected: string;
  /** The zone whoever published it takes times without an offset to be in; a site declares its own. */
  readonly zone?: string | undefined;
}

interface Place {
  readonly folder: string;
  readonly origin: Origin;
  readonly format: LineageMap['format'];
  readonly source: RegExp;
  readonly zone?: string | undefined;
  /** The path of the expected output, relative to the folder of the source, from the source's name. */
  readonly expected: (name: string) => string;
}

const PLACES: readonly Place[] = [
  {
    folder: 'hl7v2/ms-pairs',
    origin: 'microsoft',
    format: 'hl7v2',
    source: /\.hl7$/,
    expected: (name) => `expected/${name.replace(/\.hl7$/, '-expected.json')}`,
  },
  {
    folder: 'hl7v2/google-pairs',
    origin: 'google',
    format: 'hl7v2',
    zone: 'UTC',
    source: /\.hl7$/,
    expected: (name) => `${name}.fhir.output.json`,
  },
  {
    folder: 'hl7v2/hl7-v2-to-fhir-samples',
    origin: 'hl7',
    format: 'hl7v2',
    zone: 'UTC',
    source: /^Message\.\w+\.txt$/,
    expected: (name) => name.replace(/^Message\.(\w+)\.txt$/, 'FHIR_bundle.$1.json'),
  },
  ...['hl7v2/reportstream-HL7_to_FHIR', 'hl7v2/reportstream-segment-pairs'].map(
    (folder): Place => ({
      folder,
      origin: 'cdc',
      format: 'hl7v2',
      source: /\.hl7$/,
      expected: (name) => name.replace(/\.hl7$/, '.fhir'),
    }),
  ),
  {
    folder: 'ccda/ms-pairs',
    origin: 'microsoft',
    format: 'ccda',
    source: /\.ccda$/,
    expected: (name) => `expected/${name.replace(/\.ccda$/, '-expected.json')}`,
  },
];

/** Every source in `samples` that has an expected output, in the order of its name. */
export async function pairsIn(samples: string): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (const { folder, origin, format, source, expected, zone } of PLACES) {
    const entries = await readdir(join(samples, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      const other = join(entry.parentPath, expected(entry.name));
      if (!entry.isFile() || !source.test(entry.name) || !existsSync(other)) continue;
      pairs.push({ name: relative(samples, path), origin, format, source: path, expected: other, zone });
    }
  }
  return pairs.sort((left, right) => (left.name < right.name ? -1 : 1));
}
