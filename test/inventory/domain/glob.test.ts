import { describe, expect, test } from '@jest/globals';
import { assert, constantFrom, array, property, string, stringMatching } from 'fast-check';
import { compileGlob } from '../../../subgraphs/inventory/domain/glob.ts';

function matches(pattern: string, path: string): boolean {
  const compiled = compileGlob(pattern);
  if (!compiled.ok) throw new Error(compiled.refusals[0]?.message);
  return compiled.value.matches(path);
}

/** A second opinion, by definition and without care for speed: patterns without braces and backslashes. */
function oracle(pattern: readonly string[], path: readonly string[]): boolean {
  const [segment, ...rest] = pattern;
  if (segment === undefined) return path.length === 0;
  if (segment === '**') {
    if (rest.length === 0) return path.length > 0;
    return path.some((_, at) => oracle(rest, path.slice(at))) || oracle(rest, []);
  }
  const [part, ...others] = path;
  return part !== undefined && oraclePart([...segment], [...part]) && oracle(rest, others);
}

function oraclePart(pattern: readonly string[], text: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return text.length === 0;
  if (head === '*') return oraclePart(rest, text) || (text.length > 0 && oraclePart(pattern, text.slice(1)));
  return text.length > 0 && (head === '?' || head === text[0]) && oraclePart(rest, text.slice(1));
}

const segment = array(constantFrom('a', 'b', '.', '*', '?'), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(''))
  .filter((text) => text !== '.' && text !== '..');
const pattern = array(segment, { minLength: 1, maxLength: 4 });
const path = array(stringMatching(/^[ab.]{1,5}$/), { minLength: 1, maxLength: 5 });
const escaped = (text: string): string => text.replaceAll(/[\\{}*?,]/g, String.raw`\$&`);

describe('a glob', () => {
  test.each([
    ['documents/**', 'documents/a.pdf', true],
    ['documents/**', 'documents/2019/06/a.pdf', true],
    ['documents/**', 'documents', false],
    ['**', '.hidden/x', true],
    ['**/*.hl7', 'a.hl7', true],
    ['**/*.hl7', 'x/y/a.hl7', true],
    ['hl7/oru/*.hl7', 'hl7/oru/a.hl7', true],
    ['hl7/oru/*.hl7', 'hl7/oru/deep/a.hl7', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['*.{pdf,tif{,f}}', 'scan.tiff', true],
    ['*.{pdf,tif{,f}}', 'scan.tif', true],
    ['*.{pdf,tif{,f}}', 'scan.gif', false],
    ['{csv,fhir}/**', 'fhir/Patient.ndjson', true],
    ['a?c', 'a\nc', true],
    ['a?c', 'a😀c', true],
    ['a?c', 'a/c', false],
    ['[a].txt', '[a].txt', true],
    [String.raw`what\?.txt`, 'what?.txt', true],
    [String.raw`what\?.txt`, 'whats.txt', false],
    ['new line*', 'new line\r\n"quoted" name', true],
    ['A.txt', 'a.txt', false],
  ])('%j says of %j: %s', (glob, name, expected) => {
    expect(matches(glob, name)).toBe(expected);
  });

  test('agrees with its definition on every small pattern and path', () => {
    assert(
      property(pattern, path, (segments, parts) => {
        expect(matches(segments.join('/'), parts.join('/'))).toBe(oracle(segments, parts));
      }),
      { numRuns: 2000 },
    );
  });

  test('with every special character escaped means one name and no other, whatever the name holds', () => {
    const part = string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((text) => !/[/]|^\.{1,2}$/.test(text));
    assert(
      property(part, part, (name, other) => {
        expect(matches(escaped(name), name)).toBe(true);
        expect(matches(escaped(name), other)).toBe(name === other);
        expect(matches('**', `folder/${name}`)).toBe(true);
      }),
    );
  });

  test('never throws, whatever the pattern', () => {
    assert(
      property(string({ unit: constantFrom('{', '}', ',', '*', '?', '\\', '/', '.', 'a'), maxLength: 40 }), (text) => {
        const compiled = compileGlob(text);
        if (compiled.ok) compiled.value.matches('a/b/c.txt');
        else expect(compiled.refusals[0]?.code).toBe('GLOB_INVALID');
      }),
    );
  });

  test('is quick on patterns made to be slow', () => {
    expect(matches(`${'*a'.repeat(500)}`, 'a'.repeat(5000))).toBe(true);
    expect(matches(`${'**/*a*/'.repeat(30)}b`, `${'aa/'.repeat(200)}c`)).toBe(false);
  });

  test.each(['', '/a', 'a/', 'a//b', 'a/../b', './a', '{a', 'a}', '\\', '{,a}/b', '{a,b}'.repeat(9)])(
    'refuses %j',
    (text) => {
      expect(compileGlob(text)).toMatchObject({ ok: false, refusals: [{ code: 'GLOB_INVALID' }] });
    },
  );
});
