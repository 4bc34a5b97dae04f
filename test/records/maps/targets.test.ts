/** What a map may fill: elements FHIR R4 has, with values they can hold, and all that they must hold. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { acceptLineage, parseLineage } from '../../../records/lineage/parse.ts';
import { shippedLibraries, shippedLineages } from '../../../records/maps/shipped.ts';

const HEAD = { name: 'm', version: '1.0.0', format: 'delimited', critical: [] };
const CODES = { sex: { from: 'x', to: 'y', codes: { F: { code: 'femal', equivalence: 'equivalent' } } } };

/** Each line of a map on a line of its own, as a person would count them. */
function refusals(map: object): readonly string[] {
  const accepted = acceptLineage(JSON.stringify({ ...HEAD, ...map }, undefined, 1));
  return accepted.ok ? [] : accepted.refusals.map(({ message, remedy }) => `${message}; ${remedy}`);
}

function patient(...rules: readonly object[]): readonly string[] {
  return refusals({ codeMaps: CODES, records: [{ type: 'Patient', key: '{A}', rules }] });
}

function observation(...rules: readonly object[]): readonly string[] {
  const needed = [
    { do: 'constant', to: 'status', value: 'final' },
    { do: 'constant', to: 'code.text', value: 'x' },
  ];
  return refusals({ records: [{ type: 'Observation', key: '{A}', rules: [...needed, ...rules] }] });
}

describe('a target', () => {
  test('that R4 does not have is refused with its line and the nearest names', () => {
    expect(patient({ to: 'birthdate', from: 'A' })).toEqual([
      expect.stringMatching(/^line \d+: records\.0\.rules\.0\.to names birthdate, which is no element.*birthDate/),
    ]);
    expect(patient({ to: 'name[0].famly', from: 'A' })).toEqual([expect.stringContaining('name[0].family')]);
    expect(refusals({ records: [{ type: 'Patiant', key: '{A}', rules: [{ to: 'x', from: 'A' }] }] })).toEqual([
      expect.stringMatching(/^line \d+: records\.0\.type names Patiant, .*; write Patient/),
    ]);
    expect(refusals({ critical: ['Patient.birthdate'], records: [] }).join()).toContain('records');
    const record = { type: 'Patient', key: '{A}', rules: [{ to: 'id', from: 'A' }] };
    expect(refusals({ critical: ['Patient.birthdate'], records: [record] })).toEqual([
      expect.stringMatching(/^line \d+: critical\.0 names birthdate.*birthDate/),
    ]);
  });

  test('of another type than the rule can produce is refused with what would fill it', () => {
    const wrong: readonly (readonly [object, string])[] = [
      [{ do: 'date', to: 'active', from: 'A', shapes: ['iso'], as: 'date' }, 'do: boolean'],
      [{ do: 'quantity', to: 'name[0].family', from: 'A' }, 'makes a text'],
      [{ do: 'date', to: 'birthDate', from: 'A', shapes: ['iso'], as: 'dateTime' }, 'as: date'],
      [{ do: 'trim', to: 'active', from: 'A' }, 'do: boolean'],
      [{ do: 'trim', to: 'multipleBirthInteger', from: 'A' }, 'whole: true'],
      [{ do: 'number', to: 'multipleBirthInteger', from: 'A' }, 'whole: true'],
      [{ do: 'trim', to: 'name[0]', from: 'A' }, 'use, text, family, given'],
      [{ do: 'trim', to: 'photo[0].data', from: 'A' }, ''],
      [{ do: 'trim', to: 'managingOrganization', from: 'A' }, 'do: reference'],
      [{ do: 'reference', to: 'managingOrganization', type: 'Patient', key: '{A}' }, 'allowed: Organization'],
      [{ do: 'constant', to: 'telecom[0].rank', value: 0 }, 'whole: true'],
      [{ do: 'constant', to: 'gender', value: 'F' }, 'male'],
      [{ do: 'code', to: 'gender', from: 'A', map: 'sex' }, 'female'],
      [{ do: 'text', to: 'text.div', from: 'A', original: 'name[0]' }, 'name one'],
    ];
    for (const [rule, remedy] of wrong) {
      const told = patient(rule);
      expect({ rule, told: told.length }).toEqual({ rule, told: remedy === '' ? 0 : 1 });
      expect(told.join()).toContain(remedy);
    }
  });

  test('is one of a list or the only one, as R4 has it', () => {
    expect(patient({ to: 'name.family', from: 'A' })).toEqual([expect.stringContaining('write name[0].family')]);
    expect(patient({ to: 'gender[0]', from: 'A' })).toEqual([expect.stringContaining('leave the position out')]);
    expect(patient({ to: 'name[0].given', from: 'A' })).toEqual([expect.stringContaining('name[0].given[0]')]);
    expect(patient({ do: 'split', to: 'name[0].family', from: 'A', at: ' ' })).toEqual([
      expect.stringContaining('write part'),
    ]);
    expect(patient({ do: 'split', to: 'name[0].given', from: 'A', at: ' ' })).toEqual([]);
    const each = (to: string) => ({ do: 'each', to, forEach: 'name', rules: [{ to: 'text', from: 'text' }] });
    const record = (to: string) => ({ type: 'Patient', forEach: 'Patient', key: '{id}', rules: [each(to)] });
    expect(refusals({ format: 'fhir', records: [record('name')] })).toEqual([]);
    expect(refusals({ format: 'fhir', records: [record('name[0]')] })).toEqual([
      expect.stringContaining('leave the position out'),
    ]);
    expect(refusals({ format: 'fhir', records: [record('text')] })).toEqual([expect.stringContaining('makes a list')]);
  });

  test('may be a choice by its type, an extension, an element of a contained resource, or beside a primitive', () => {
    expect(
      observation(
        { do: 'quantity', to: 'valueQuantity', from: 'A' },
        { do: 'trim', to: 'extension[0].url', from: 'A' },
        { do: 'boolean', to: 'extension[0].valueBoolean', from: 'A', yes: ['1'], no: ['0'] },
        { do: 'trim', to: 'contained[0].anything[0].at.all', from: 'A' },
        { do: 'trim', to: '_issued.extension[0].url', from: 'A' },
      ),
    ).toEqual([]);
    expect(observation({ to: 'valueText', from: 'A' })).toEqual([expect.stringContaining('no element')]);
  });

  test('needs what R4 requires of it, of resources, of elements and of the elements of a list', () => {
    const bare = { type: 'Observation', key: '{A}', rules: [{ to: 'status', from: 'A' }] };
    expect(refusals({ records: [bare] })).toEqual([
      expect.stringMatching(/^line \d+: records\.0\.rules leaves Observation without code; add a rule for code/),
    ]);
    expect(patient({ do: 'boolean', to: 'communication[0].preferred', from: 'A', yes: ['1'], no: ['0'] })).toEqual([
      expect.stringContaining('leaves Patient.communication[0] without language'),
    ]);
    const rules = [{ do: 'trim', to: 'valueString', from: 'text' }];
    const each = { do: 'each', to: 'extension', forEach: 'name', rules };
    const record = { type: 'Patient', forEach: 'Patient', key: '{id}', rules: [each] };
    expect(refusals({ format: 'fhir', records: [record] })).toEqual([
      expect.stringContaining('leaves Extension without url'),
    ]);
    const medication = { type: 'MedicationStatement', key: '{A}', rules: [{ to: 'status', from: 'A' }] };
    expect(refusals({ records: [medication] }).join('\n')).toContain('medication[x]');
  });

  test('in a contained resource is held against the type it says it is', () => {
    const contained = (to: string) => ({
      do: 'each',
      to: 'contained',
      forEach: 'RXC',
      rules: [
        { do: 'constant', to: 'resourceType', value: 'Medication' },
        { do: 'trim', to, from: 'RXC-1' },
      ],
    });
    const record = (to: string) => ({ type: 'Patient', key: '{PID-3.1}', rules: [contained(to)] });
    const head = { format: 'hl7v2', messages: ['RDE^O11'] };
    expect(refusals({ ...head, records: [record('form.text')] })).toEqual([]);
    expect(refusals({ ...head, records: [record('fform.text')] })).toEqual([
      expect.stringContaining('fform.text, which is no element of Medication'),
    ]);
  });

  test('in a shape is told where the shape says it, once, however often the shape is used', () => {
    const shapes = { HD: { rules: [{ do: 'trim', to: 'sistem', from: '.2' }] } };
    const use = (to: string) => ({ do: 'shape', shape: 'HD', from: 'PID-3', to });
    const rules = [use('identifier[0]'), use('identifier[1]')];
    const records = [{ type: 'Patient', key: '{PID-3.1}', rules }];
    const [first, ...others] = refusals({ format: 'hl7v2', messages: ['ADT^A01'], shapes, records });
    expect(first).toMatch(/^line \d+: shapes\.HD\.rules\.0\.to names identifier\[0\]\.sistem/);
    expect(others).toHaveLength(1);
  });

  test('that was accepted stays readable: what is sealed is not asked again', () => {
    const records = [{ type: 'Patient', key: '{A}', rules: [{ to: 'newer', from: 'A' }] }];
    expect(parseLineage(JSON.stringify({ ...HEAD, records }))).toMatchObject({ ok: true });
  });
});

test.each([...shippedLineages()])('the shipped map %s fills what its target has', (_name, path) => {
  const accepted = acceptLineage(readFileSync(path, 'utf8'), shippedLibraries());
  expect(accepted.ok ? [] : accepted.refusals).toEqual([]);
});
