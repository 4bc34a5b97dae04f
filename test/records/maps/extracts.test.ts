/**
 * The shipped maps of relational extracts: by pairs of files, over the whole of the sample extract, and where a row is
 * wrong. There is no published FHIR of the same patients: the pairs beside this file are our own.
 */
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseJson } from '../../../kernel/canonical-json.ts';
import { checkResource } from '../../../records/fhir/check.ts';
import type { JsonObject } from '../../../records/leaves.ts';
import { blockingLosses, LossMeter } from '../../../records/lineage/loss.ts';
import { parseLineage } from '../../../records/lineage/parse.ts';
import { shippedLibraries, shippedLineages } from '../../../records/maps/shipped.ts';
import { all, codesOf, item, mapped, shipped } from '../item.ts';

const NAMES = [...shippedLineages().keys()].filter((name) => name.startsWith('synthea-'));
const SAMPLES = join(process.env['WAYBILL_SAMPLES'] ?? '', 'csv/synthea-27-patients');
const WITH_SAMPLES = process.env['WAYBILL_SAMPLES'] !== undefined && existsSync(SAMPLES);
const sampled = WITH_SAMPLES ? test : test.skip;

function sampleOf(name: string): string {
  return join(SAMPLES, `${name.replace(/^synthea-(.*)-to-fhir$/, '$1').replaceAll('-', '_')}.csv`);
}

function mapOf(name: string) {
  const parsed = parseLineage(readFileSync(shippedLineages().get(name) ?? name, 'utf8'), shippedLibraries());
  if (!parsed.ok) throw new Error(parsed.refusals.map(({ message }) => message).join('\n'));
  return parsed.value;
}

const CASES = NAMES.flatMap((name) => {
  const folder = join(import.meta.dirname, name);
  const files = readdirSync(folder).filter((file) => file.endsWith('.csv'));
  return files.map((file) => [name, file.replace(/\.csv$/, ''), join(folder, file)] as const);
});

describe('the shipped maps of relational extracts', () => {
  test.each(CASES)('%s makes of %s what is expected, and loses nothing', async (name, _case, path) => {
    const records = await mapped(shipped(name), readFileSync(path));
    expect(codesOf(records)).toEqual([]);
    const expected = parseJson(readFileSync(path.replace(/\.csv$/, '.json'), 'utf8'));
    expect(records.map(({ resource }) => resource)).toEqual(expected);
    const meter = new LossMeter(mapOf(name));
    await meter.add('item', 'item', item(readFileSync(path)));
    expect(blockingLosses(meter.report())).toBe(0);
  });

  sampled.each(NAMES)('%s loses nothing of the sample extract, and makes good FHIR with one key each', async (name) => {
    const meter = new LossMeter(mapOf(name));
    await meter.add('item', 'item', createReadStream(sampleOf(name)));
    const { lost, overwritten, fromNothing, recordsWithProblems } = meter.report();
    expect({ lost, overwritten, recordsWithProblems }).toEqual({ lost: [], overwritten: [], recordsWithProblems: 0 });
    expect(fromNothing.filter(({ critical }) => critical)).toEqual([]);
    const records = await all(shipped(name).map('item', createReadStream(sampleOf(name))));
    expect(records.length).toBeGreaterThan(0);
    const wrong = records.flatMap(({ resource }) =>
      checkResource(resource as JsonObject, { prefix: '', pointer: '' }).map(({ code, field }) => `${code} ${field}`),
    );
    expect(wrong).toEqual([]);
    expect(new Set(records.map(({ type, key }) => `${type} ${key}`)).size).toBe(records.length);
  });

  sampled('refer only to what others of them make', async () => {
    const made = new Set<string>();
    const named = new Set<string>();
    for (const name of NAMES) {
      for await (const { type, key, resource } of shipped(name).map('item', createReadStream(sampleOf(name)))) {
        made.add(`${type} ${key}`);
        collectReferences(resource, named);
      }
    }
    expect([...named].filter((each) => !made.has(each))).toEqual([]);
    expect(named.size).toBeGreaterThan(0);
  });
});

function collectReferences(value: unknown, into: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  const { type, identifier } = value as { type?: unknown; identifier?: { value?: unknown } };
  if (typeof type === 'string' && typeof identifier?.value === 'string') into.add(`${type} ${identifier.value}`);
  for (const each of Object.values(value)) collectReferences(each, into);
}

describe('a row that the maps of extracts cannot take', () => {
  const allergies = [
    'START,STOP,PATIENT,ENCOUNTER,CODE,SYSTEM,DESCRIPTION,TYPE,CATEGORY,REACTION1,DESCRIPTION1',
    'SEVERITY1,REACTION2,DESCRIPTION2,SEVERITY2',
  ].join();
  const observations = 'DATE,PATIENT,ENCOUNTER,CATEGORY,CODE,DESCRIPTION,VALUE,UNITS,TYPE';
  const encounters =
    'Id,START,STOP,PATIENT,ORGANIZATION,PROVIDER,ENCOUNTERCLASS,CODE,DESCRIPTION,REASONCODE,REASONDESCRIPTION';
  const imaging = [
    'Id,DATE,PATIENT,ENCOUNTER,SERIES_UID,BODYSITE_CODE,BODYSITE_DESCRIPTION,MODALITY_CODE',
    'MODALITY_DESCRIPTION,INSTANCE_UID,SOP_CODE,SOP_DESCRIPTION,PROCEDURE_CODE',
  ].join();

  test.each([
    [['CODE_UNMAPPED'], 'allergies', allergies, '2009,,p,e,1,ICD9,Latex,allergy,food,,,,,,'],
    [['CODE_UNMAPPED'], 'allergies', allergies, '2009,,p,e,1,RxNorm,Latex,dislike,food,,,,,,'],
    [['REACTION_INCOMPLETE'], 'allergies', allergies, '2009,,p,e,1,RxNorm,Latex,allergy,food,,,SEVERE,,,'],
    [['KEY_MISSING', 'PATIENT_KEY_MISSING'], 'allergies', allergies, '2009,,,e,1,RxNorm,Latex,allergy,food,,,,,,'],
    [['NUMBER_INVALID'], 'observations', observations, '2023-10-10,p,e,exam,1-8,Height,tall,cm,numeric'],
    [['VALUE_TYPE_UNKNOWN'], 'observations', observations, '2023-10-10,p,e,exam,1-8,Height,1,cm,image'],
    [['ZONE_UNKNOWN'], 'observations', observations, '2023-10-10T01:00,p,e,exam,1-8,Height,1,cm,numeric'],
    [['CODE_UNMAPPED'], 'encounters', encounters, '1,2023-10-10,,p,o,d,hospice,,,,'],
    [
      ['RECORD_CONFLICT'],
      'imaging-studies',
      imaging,
      'i,2023,p,e,1.2,,,DX,x,1.3,1.4,,\ni,2023,p,e,1.2,,,DX,x,1.5,1.4,,',
    ],
  ] as const)('is told by %j: %s', async (codes, table, header, row) => {
    const records = await mapped(shipped(`synthea-${table}-to-fhir`), `${header}\n${row}\n`);
    expect([...new Set(codesOf(records))]).toEqual(codes);
  });
});
