import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { DatasetProfiler, type ProfiledFormat } from '../../../records/profile/profiler.ts';
import type { DatasetProfile } from '../../../records/profile/report.ts';
import { SAMPLES, SAMPLES_SKIPPED, sampleFiles } from '../../support/samples.ts';

const place = SAMPLES ?? '';

async function profileFolder(format: ProfiledFormat, folder: string): Promise<DatasetProfile> {
  const profiler = new DatasetProfiler({ format, today: new Date('2026-11-25') });
  for (const file of await sampleFiles(place)) {
    if (file.startsWith(`${folder}/`)) await profiler.add(file, await readFile(join(place, file)));
  }
  return profiler.profile();
}

const suite = SAMPLES === undefined ? describe.skip : describe;

suite(`real samples${SAMPLES_SKIPPED === undefined ? '' : `: ${SAMPLES_SKIPPED}`}`, () => {
  test.each([
    ['hl7v2', 'hl7v2'],
    ['fhir', 'fhir'],
    ['ccda', 'ccda'],
    ['delimited', 'csv'],
  ] as const)('of %s are profiled without a fault, and no field is fuller than its records', async (format, folder) => {
    const profile = await profileFolder(format, folder);
    expect(profile.fields.length).toBeGreaterThan(50);
    expect(profile.overflow).toEqual({ fields: 0, values: 0 });
    for (const field of profile.fields) {
      expect(field.populated).toBeLessThanOrEqual(field.records);
      expect(field.distinct).toBeLessThanOrEqual(field.values * (1 + 4 * field.distinctError));
    }
  });

  test('of an extract give the numbers that plain reading gives', async () => {
    const folder = 'csv/synthea-27-patients';
    const profile = await profileFolder('delimited', folder);
    const file = (await sampleFiles(place)).find((each) => each.startsWith(folder) && each.endsWith('/patients.csv'));
    const text = await readFile(join(place, file ?? ''), 'utf8');
    // Nothing in this file is quoted.
    const [header = [], ...rows] = text
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(','));
    const kind = profile.fields.find(({ path }) => path === 'BIRTHDATE')?.kind;
    for (const [column, name] of header.entries()) {
      const cells = rows.map((row) => row[column] ?? '').filter((cell) => cell !== '');
      const field = profile.fields.find((each) => each.kind === kind && each.path === name);
      expect([name, field?.records, field?.populated]).toEqual([name, rows.length, cells.length]);
      expect(field?.distinct).toBe(new Set(cells).size);
      expect(field?.lengthMax ?? 0).toBe(Math.max(0, ...cells.map((cell) => cell.length)));
    }
  });

  test('of FHIR give the numbers that plain reading gives', async () => {
    const folder = 'fhir/bulk-ndjson-10-patients';
    const profile = await profileFolder('fhir', folder);
    const resources: { resourceType: string; birthDate?: string; name?: { family?: string }[] }[] = [];
    for (const file of await sampleFiles(place)) {
      if (!file.startsWith(folder) || !file.endsWith('.ndjson')) continue;
      const text = await readFile(join(place, file), 'utf8');
      for (const line of text.split('\n')) if (line.trim() !== '') resources.push(JSON.parse(line));
    }
    expect(profile.records).toBe(resources.length);
    const patients = resources.filter(({ resourceType }) => resourceType === 'Patient');
    const family = profile.fields.find(({ path }) => path === 'Patient.name.family');
    const families = patients.flatMap(({ name = [] }) => name.flatMap((each) => each.family ?? []));
    expect(family).toMatchObject({
      records: patients.length,
      values: families.length,
      distinct: new Set(families).size,
    });
    const birth = profile.fields.find(({ path }) => path === 'Patient.birthDate');
    expect(birth?.populated).toBe(patients.filter(({ birthDate }) => birthDate !== undefined).length);
  });

  test('of HL7 v2 give the numbers that plain reading gives', async () => {
    const folder = 'hl7v2/ms-pairs';
    const profile = await profileFolder('hl7v2', folder);
    let messages = 0;
    let named = 0;
    for (const file of await sampleFiles(place)) {
      if (!file.startsWith(folder) || !file.endsWith('.hl7')) continue;
      const segments = (await readFile(join(place, file), 'latin1')).split(/[\r\n]+/);
      messages += segments.filter((segment) => /^\ufeff?(?:\u00ef\u00bb\u00bf)?MSH\|/.test(segment)).length;
      if (segments.some((segment) => /^PID\|(?:[^|]*\|){4}[^|^]/.test(segment))) named += 1;
    }
    expect(profile.records).toBe(messages);
    expect(profile.fields.find(({ path }) => path === 'PID-5.1')?.populated).toBe(named);
  });
});
