/** Real, public sample files. Their place comes from WAYBILL_SAMPLES; they are never part of this project. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

const root = process.env['WAYBILL_SAMPLES'];

export const SAMPLES: string | undefined = root && existsSync(root) ? root : undefined;

export const SAMPLES_SKIPPED = SAMPLES ? undefined : 'WAYBILL_SAMPLES names no folder of samples';

/** The folders that hold health data, each with the format its files are declared to have. */
export const SAMPLE_FORMATS = {
  hl7v2: 'hl7v2',
  ccda: 'ccda',
  fhir: 'fhir',
  csv: 'delimited',
  documents: 'document',
} as const;

/** Every file in those folders, relative to the samples' place, sorted. */
export async function sampleFiles(place: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of Object.keys(SAMPLE_FORMATS)) {
    const entries = await readdir(join(place, folder), { recursive: true, withFileTypes: true });
    for (const entry of entries) if (entry.isFile()) found.push(relative(place, join(entry.parentPath, entry.name)));
  }
  return found.sort();
}
