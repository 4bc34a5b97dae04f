import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { flattenLineage, parseLineage } from '../../../records/lineage/parse.ts';
import { shippedLibraries } from '../../../records/maps/shipped.ts';
import { lineageJsonSchema } from '../../../records/lineage/schema.ts';

const BASE = {
  name: 'm',
  version: '1.0.0',
  format: 'hl7v2',
  critical: ['Observation.status'],
  messages: ['ORU^R01'],
  codeMaps: { status: { from: 'x', to: 'y', codes: { F: { code: 'final', equivalence: 'equivalent' } } } },
  records: [
    {
      type: 'Observation',
      forEach: 'OBR/OBX',
      key: 'obs:{MSH-10}:{OBX.n}',
      rules: [{ do: 'code', to: 'status', from: 'OBX-11', map: 'status' }],
    },
  ],
};

function refusals(change: object): readonly string[] {
  const parsed = parseLineage(JSON.stringify({ ...BASE, ...change }));
  return parsed.ok ? [] : parsed.refusals.map((refusal) => `${refusal.field?.join('.')}: ${refusal.remedy}`);
}

function rule(given: object): object {
  return { records: [{ ...BASE.records[0], rules: [given] }] };
}

describe('a lineage map', () => {
  test('is read from JSON and from YAML', () => {
    expect(parseLineage(JSON.stringify(BASE))).toEqual({ ok: true, value: BASE });
    expect(refusals({})).toEqual([]);
  });

  test('is refused by path, with what is allowed', () => {
    expect(refusals({ format: 'hl7' })).toEqual(['format: allowed: hl7v2, fhir, ccda, delimited']);
    expect(refusals({ version: undefined })).toEqual(['version: write a string']);
    expect(refusals({ colour: 'red' })).toEqual(['colour: remove it']);
    expect(refusals(rule({ do: 'guess', to: 'status', from: 'OBX-11' }))).toEqual([
      expect.stringMatching(/^records\.0\.rules\.0\.do: allowed: copy, trim, constant, date, code/),
    ]);
    expect(refusals(rule({ do: 'date', to: 'x', from: 'OBX-14', shapes: ['US'], as: 'date' }))).toEqual([
      expect.stringMatching(/^records\.0\.rules\.0\.shapes\.0: allowed: hl7, iso/),
    ]);
    expect(refusals(rule({ to: 'Name[0]', from: 'OBX-11' }))).toEqual([
      expect.stringMatching(/^records\.0\.rules\.0\.to: allowed: /),
    ]);
  });

  test('is refused where its parts do not fit together', () => {
    expect(refusals(rule({ do: 'code', to: 'status', from: 'OBX-11', map: 'other' }))).toEqual([
      'records.0.rules.0.map: allowed: status',
    ]);
    expect(refusals(rule({ to: 'status', from: 'OBX.11' }))).toEqual([
      expect.stringMatching(/^records\.0\.rules\.0\.from: write SEG-field/),
    ]);
    expect(refusals({ critical: ['Patient.name'] })).toEqual(['critical.0: allowed: Observation']);
    expect(refusals({ zone: 'Mars/Base' })).toEqual([expect.stringMatching(/^zone: write an IANA name/)]);
    expect(refusals({ messages: undefined })).toEqual([expect.stringMatching(/^messages: for example/)]);
    expect(refusals({ records: undefined })).toEqual([expect.stringMatching(/^records: write at least one/)]);
    expect(refusals({ copyResource: {} })).toEqual(['copyResource: remove it']);
    expect(refusals({ records: [{ ...BASE.records[0], key: 'obs:{MSH-10' }] })).toEqual([
      'records.0.key: write paths as {PID-3.1}',
    ]);
  });

  test('is refused where it is no YAML, repeats a key or uses aliases, without quoting it', () => {
    expect(parseLineage('name: [')).toMatchObject({ ok: false, refusals: [{ code: 'LINEAGE_INVALID' }] });
    expect(parseLineage('name: a\nname: b')).toMatchObject({
      refusals: [{ message: expect.stringContaining('line 2') }],
    });
    expect(parseLineage('name: &a [x]\nversion: *a')).toMatchObject({ refusals: [{ remedy: expect.any(String) }] });
  });

  test('follows schema/lineage.v1.json, which is generated from it (records/lineage/schema.ts)', () => {
    const published = JSON.parse(readFileSync(new URL('../../../schema/lineage.v1.json', import.meta.url), 'utf8'));
    expect(published).toEqual(lineageJsonSchema());
    const validate = new Ajv2020({ strict: false }).compile(published);
    for (const name of ['oru-to-fhir', 'csv-patient-to-fhir', 'fhir-as-is']) {
      const text = readFileSync(new URL(`../../../records/maps/${name}.lineage.yaml`, import.meta.url), 'utf8');
      const whole = flattenLineage(text, shippedLibraries());
      expect(whole).toMatchObject({ ok: true });
      expect(validate(parse(whole.ok ? whole.value : ''))).toBe(true);
    }
    expect(validate({ ...BASE, format: 'hl7' })).toBe(false);
  });
});
