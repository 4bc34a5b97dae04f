import { describe, expect, test } from '@jest/globals';
import type { Json } from '../../kernel/canonical-json.ts';
import { NESTING_MAX, notCanonical } from '../../records/leaves.ts';

const LONE = '\ud800';

/** What a pointer of RFC 6901 leads to. */
function at(value: Json, pointer: string): Json | undefined {
  const names = pointer.split('/').slice(1);
  return names.reduce<Json | undefined>((inner, name) => {
    const plain = name.replaceAll('~1', '/').replaceAll('~0', '~');
    return (inner as { readonly [key: string]: Json } | undefined)?.[plain];
  }, value);
}

describe('what cannot become canonical JSON', () => {
  test.each<[string, Json, string]>([
    ['the whole value', LONE, ''],
    ['a member', { name: { family: LONE } }, '/name/family'],
    ['an element, by its index', { given: ['a', LONE] }, '/given/1'],
    ['a name with a slash', { 'mg/dL': [{ 'a/b': LONE }] }, '/mg~1dL/0/a~1b'],
    ['a name with a tilde', { 'a~b': LONE }, '/a~0b'],
    ['a name that looks escaped', { '~1': { '~01': LONE } }, '/~01/~001'],
    ['an empty name', { '': { '': LONE } }, '//'],
    ['a name with a quote and a space', { 'say "x"': LONE }, '/say "x"'],
  ])('is pointed at by RFC 6901: %s', (_, value, pointer) => {
    expect(notCanonical(value)).toEqual({ pointer, why: 'a string holds a lone surrogate' });
    expect(at(value, pointer)).toBe(LONE);
  });

  test('is a name, told by the object it stands in and never in the pointer', () => {
    expect(notCanonical({ 'a/b': [{ [`x${LONE}`]: 1 }] })).toEqual({
      ...{ pointer: '/a~1b/0', why: 'a name holds a lone surrogate' },
    });
  });

  test('is nested too deeply, and has no place', () => {
    const nested = (levels: number): Json => (levels === 0 ? 'x' : { a: nested(levels - 1) });
    expect(notCanonical(nested(NESTING_MAX))).toBeUndefined();
    expect(notCanonical(nested(NESTING_MAX + 1))).toMatchObject({ pointer: '' });
  });

  test('is the first of several, and nothing is told of what can', () => {
    expect(notCanonical({ ok: ['\ud83d\ude00', 1, null, true], a: LONE, b: LONE })?.pointer).toBe('/a');
    expect(notCanonical({ ok: ['\ud83d\ude00', 1, null, true], empty: {} })).toBeUndefined();
  });
});
