/** Shape libraries: written into a map before it is sealed, so that a sealed map stands for itself. */
import { describe, expect, test } from '@jest/globals';
import { flattenLineage, parseLineage } from '../../../records/lineage/parse.ts';

const LIBRARY = `
shapes:
  CX: { rules: [{ do: trim, to: value, from: '.1' }, { do: shape, shape: HD, from: '.4', to: . }] }
  HD: { rules: [{ do: code, to: system, from: '.2', map: systems }] }
  unused: { rules: [{ do: code, to: x, from: '.1', map: others }] }
codeMaps:
  systems: { from: a, to: b, codes: { X: { code: 'urn:x', equivalence: equivalent } } }
  others: { from: a, to: b, codes: { X: { code: 'urn:x', equivalence: equivalent } } }
`;
const LIBRARIES = new Map([['types', LIBRARY]]);

const map = (more: string) => `# who may read this
name: m
version: 1.0.0
format: hl7v2
messages: [ADT^A01]
critical: []
${more}
records:
  - type: Patient
    key: 'p:{PID-3.1}'
    rules:
      - { do: shape, shape: CX, from: PID-3, to: 'identifier[]' }
`;

function refusals(text: string): readonly string[] {
  const parsed = parseLineage(text, LIBRARIES);
  return parsed.ok ? [] : parsed.refusals.map(({ message, remedy }) => `${message}: ${remedy}`);
}

describe('a map that uses a library', () => {
  test('gets the shapes it reaches and their code maps, and nothing else', () => {
    const parsed = parseLineage(map('uses: [types]'), LIBRARIES);
    expect(parsed).toMatchObject({ ok: true });
    if (!parsed.ok) return;
    expect(Object.keys(parsed.value.shapes ?? {})).toEqual(['CX', 'HD']);
    expect(Object.keys(parsed.value.codeMaps ?? {})).toEqual(['systems']);
  });

  test('is sealed as a text that needs no library, with the same meaning and always the same bytes', () => {
    const text = map('uses: [types]');
    const flat = flattenLineage(text, LIBRARIES);
    if (!flat.ok) throw new Error('refused');
    expect(parseLineage(flat.value)).toEqual(parseLineage(text, LIBRARIES));
    expect(flattenLineage(text, LIBRARIES)).toEqual(flat);
  });

  test('that uses none is sealed as it was written', () => {
    const text = map('shapes: { CX: { rules: [{ do: trim, to: value, from: ".1" }] } }');
    expect(flattenLineage(text, LIBRARIES)).toEqual({ ok: true, value: text });
  });

  test('is refused by line for a library that is not there, and for a name that stands on both sides', () => {
    expect(refusals(map('uses: [typs]'))).toEqual([expect.stringMatching(/^line 7: uses\.0 .*perhaps types/)]);
    expect(refusals(map('uses: types'))).toEqual([expect.stringMatching(/^line 7: uses is no list/)]);
    const twice = 'uses: [types]\nshapes: { HD: { rules: [{ do: trim, to: x, from: ".1" }] } }';
    expect(refusals(map(twice))).toEqual([expect.stringMatching(/^line 8: shapes\.HD stands in a library too/)]);
  });
});
