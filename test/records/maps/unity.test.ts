/** The shipped map for Unity: what it writes for a site that has filled in its dictionaries, and what it refuses. */
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { compileLineage } from '../../../records/lineage/compile.ts';
import type { LineageMap } from '../../../records/lineage/language.ts';
import { LossMeter } from '../../../records/lineage/loss.ts';
import { readDate } from '../../../records/lineage/date.ts';
import { acceptLineage, parseLineage } from '../../../records/lineage/parse.ts';
import { offsetAt } from '../../../records/lineage/zone.ts';
import { shippedLineages } from '../../../records/maps/shipped.ts';
import { instantMs, parseIsoDate } from '../../../records/partial-date.ts';
import { UNITY_ACTIONS } from '../../../records/unity/actions.ts';
import { codesOf, item, mapped, shipped } from '../item.ts';

const FOLDER = join(import.meta.dirname, 'fhir-to-unity');
const text = (name: string) => readFileSync(join(FOLDER, name), 'utf8');
const CHART = text('chart.ndjson');

interface Site {
  readonly zone: string;
  readonly codes: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The shipped map with the zone and the dictionaries of a site. */
function siteMap(): LineageMap {
  const map = parse(readFileSync(shippedLineages().get('fhir-to-unity') ?? '', 'utf8')) as Record<string, unknown>;
  const site = JSON.parse(text('site.json')) as Site;
  const codeMaps = map['codeMaps'] as Record<string, { codes: Record<string, unknown> }>;
  for (const [name, codes] of Object.entries(site.codes)) {
    for (const [from, code] of Object.entries(codes)) {
      Object.assign(codeMaps[name]?.codes ?? {}, { [from]: { code, equivalence: 'equivalent' } });
    }
  }
  const parsed = parseLineage(JSON.stringify({ ...map, zone: site.zone }));
  if (!parsed.ok) throw new Error(parsed.refusals.map(({ message }) => message).join('\n'));
  return parsed.value;
}

const MAP = siteMap();
const resources = CHART.trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Record<string, unknown>);

/** One resource of the chart with changes, and what is said about it. */
async function toldOf(id: string, changes: object): Promise<readonly string[]> {
  const resource = { ...resources.find((each) => each['id'] === id), ...changes };
  return codesOf(await mapped(compileLineage(MAP), JSON.stringify(resource), 'chart.json'));
}

const coded = (code: string) => ({ coding: [{ code }] });

describe('the shipped map for Unity', () => {
  test('makes of a chart the inputs expected, each under its patient, and loses nothing', async () => {
    const records = await mapped(compileLineage(MAP), CHART, 'chart.ndjson');
    expect(codesOf(records)).toEqual([]);
    expect(records.map(({ resource }) => resource)).toEqual(JSON.parse(text('chart.json')));
    expect(new Set(records.map(({ parent }) => parent))).toEqual(new Set([null, 'Patient/p1']));
    const meter = new LossMeter(MAP);
    await meter.add('item', 'chart.ndjson', item(CHART));
    expect(meter.report()).toMatchObject({ lost: [], overwritten: [] });
  });

  test('writes nothing that needs a dictionary or a zone before the site has given them', async () => {
    const records = await mapped(shipped('fhir-to-unity'), CHART, 'chart.ndjson');
    const told = records
      .filter(({ type }) => type !== 'SavePatient')
      .map(({ problems }) => problems.map((p) => p.code));
    for (const codes of told) expect(codes).toContain('CODE_UNMAPPED');
    expect(told.flat()).toContain('ZONE_UNKNOWN');
  });

  test.each([
    ['a1', { verificationStatus: coded('refuted') }, ['ALLERGY_NOT_BELIEVED']],
    ['a1', { clinicalStatus: coded('resolved') }, ['ALLERGY_NOT_ACTIVE']],
    ['a1', { clinicalStatus: undefined }, ['ALLERGY_NOT_ACTIVE']],
    ['a1', { code: { text: 'something' } }, ['ALLERGEN_NOT_CODED']],
    ['c1', { verificationStatus: coded('entered-in-error') }, ['PROBLEM_NOT_BELIEVED']],
    ['c1', { clinicalStatus: coded('remission') }, ['CODE_UNMAPPED']],
    ['c1', { onsetDateTime: '2011' }, ['DATE_PRECISION']],
    ['m1', { status: 'stopped' }, ['MEDICATION_NOT_CURRENT']],
    ['e1', { period: { start: '2023-11-05T06:30:00Z' } }, ['DATE_AMBIGUOUS']],
    ['n1', { status: 'superseded' }, ['DOCUMENT_NOT_CURRENT']],
    ['n1', { content: [{ attachment: { contentType: 'text/plain', data: '/w==' } }] }, ['TEXT_INVALID']],
    ['n1', { content: [{ attachment: { contentType: 'text/plain', url: 'Binary/1' } }] }, ['REQUIRED_MISSING']],
    ['i1', { content: [{ attachment: { contentType: 'application/dicom' } }] }, ['DOCUMENT_NOT_WRITABLE']],
    ['p1', { deceasedDateTime: '2001' }, ['PATIENT_DECEASED']],
    ['p1', { resourceType: 'Observation', status: 'final', subject: { reference: 'x' } }, ['OBSERVATION_NOT_WRITABLE']],
    [
      'p1',
      { resourceType: 'Immunization', status: 'completed', patient: { reference: 'x' } },
      ['IMMUNIZATION_NOT_WRITABLE'],
    ],
    ['p1', { resourceType: 'Goal' }, ['RESOURCE_NOT_MAPPED']],
  ])('stops rather than guess: %s with %j', async (id, changes, codes) => {
    expect(await toldOf(id, changes)).toEqual(codes);
  });

  const samples = join(process.env['WAYBILL_SAMPLES'] ?? '', 'fhir/bulk-ndjson-10-patients');
  const sampled = process.env['WAYBILL_SAMPLES'] !== undefined && existsSync(samples) ? test : test.skip;
  sampled.each(['Patient', 'AllergyIntolerance', 'Condition'])(
    'loses of the sample %s nothing but what it refuses',
    async (type) => {
      const meter = new LossMeter(MAP);
      await meter.add('item', 'sample.ndjson', createReadStream(join(samples, `${type}.000.ndjson`)));
      const { lost, overwritten, units, records } = meter.report();
      expect({ lost: lost.map(({ path }) => path), overwritten }).toEqual({
        lost: type === 'Patient' ? ['Patient.deceasedDateTime'] : [],
        overwritten: [],
      });
      expect(records).toBe(units);
    },
  );
});

describe('a map for Unity', () => {
  const refused = (type: string, rule: object, codes: object = {}) => {
    const records = [{ type, forEach: 'Patient', key: '{id}', rules: [rule] }];
    const codeMaps = { m: { from: 'a', to: 'b', codes } };
    const map = { name: 'm', version: '1.0.0', format: 'fhir', target: 'unity', critical: [], codeMaps, records };
    const parsed = acceptLineage(JSON.stringify(map));
    return parsed.ok ? [] : parsed.refusals.map(({ field, remedy }) => `${field?.join('.')}: ${remedy}`);
  };
  const at = 'records.0.rules.0.to';

  test('may only fill what an action is known to take, with values it is known to understand', () => {
    expect(refused('SaveAlergy', { to: 'x', from: 'id' })).toEqual([
      'records.0.type: write SaveAllergy, if that is what was meant',
    ]);
    expect(refused('SaveNote', { to: 'txt', from: 'id' })).toEqual([`${at}: write text, if that is what was meant`]);
    expect(refused('SaveNote', { do: 'constant', to: 'status', value: 'Signed' })).toEqual([
      `${at}: allowed: Unsigned, Final`,
    ]);
    expect(
      refused(
        'SaveNote',
        { do: 'code', to: 'status', from: 'id', map: 'm' },
        { x: { code: 'Done', equivalence: 'equivalent' } },
      ),
    ).toEqual([`${at}: allowed: Unsigned, Final`]);
    expect(refused('SaveResult', { to: 'value', from: 'id' })).toEqual([
      `${at}: nothing it takes is public: write a refuse rule`,
    ]);
  });

  test('has to look up what is an entry of a dictionary', () => {
    expect(refused('SaveNote', { to: 'documentType', from: 'id' })).toEqual([`${at}: write do: code, with a map`]);
    expect(refused('SaveNote', { do: 'code', to: 'documentType', from: 'id', map: 'm' })).toEqual([]);
  });

  test('names for every action a public source, and one place for every input', () => {
    for (const { source, inputs } of Object.values(UNITY_ACTIONS)) {
      expect(source).not.toBe('');
      const places = Object.values(inputs).map(({ parameter, field }) => `${parameter} ${field ?? ''}`);
      expect(new Set(places).size).toBe(places.length);
    }
  });
});

describe('a local time', () => {
  const zone = 'America/Chicago';
  const read = (text: string, as: 'localDate' | 'localDateTime', clocks = zone) =>
    readDate(text, { shapes: ['iso'], as, zone: clocks === '' ? undefined : clocks });

  test('is the moment on the clocks of the zone, and none where they showed it twice', () => {
    const seconds = fc.integer({ min: 0, max: 2_000_000_000 });
    fc.assert(
      fc.property(seconds, (second) => {
        const found = read(new Date(second * 1000).toISOString(), 'localDateTime');
        if (!('value' in found)) return expect(found.code).toBe('DATE_AMBIGUOUS');
        const local = parseIsoDate(found.value);
        const offsetMinutes = local === undefined ? 'gap' : offsetAt(zone, local);
        expect(typeof offsetMinutes).toBe('number');
        if (local === undefined || typeof offsetMinutes !== 'number') return;
        expect(instantMs({ ...local, offsetMinutes })).toBe(second * 1000);
      }),
    );
  });

  test('is a day as it was written, whatever the zone', () => {
    expect(read('1950-05-01', 'localDate', '')).toEqual({ value: '01-May-1950' });
    expect(read('1950-05-01T23:30:00+09:00', 'localDate')).toEqual({ value: '01-May-1950' });
    expect(read('1950-05', 'localDate')).toMatchObject({ code: 'DATE_PRECISION' });
  });

  test('needs a moment and a zone', () => {
    expect(read('2020-01-01T00:00:00-06:00', 'localDateTime', '+05:30')).toEqual({ value: '2020-01-01 11:30:00' });
    expect(read('2020-01-01T00:00:00Z', 'localDateTime', '')).toMatchObject({ code: 'ZONE_UNKNOWN' });
    expect(read('2020-01-01T00:00:00', 'localDateTime')).toMatchObject({ code: 'ZONE_UNKNOWN' });
    expect(read('2020-01-01', 'localDateTime')).toMatchObject({ code: 'DATE_PRECISION' });
  });
});
