/** Validation selects paths exactly as inventory does. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compileGlob } from '../../../subgraphs/inventory/domain/glob.ts';
import { selectionOf } from '../../../subgraphs/validation/domain/selection.ts';

const PATTERNS = [
  '**',
  'a/**',
  '**/*.pdf',
  'a/*.pdf',
  'a/?.pdf',
  '{a,b}/**',
  'a/{x,y*}.{pdf,tif}',
  'a/\\*.pdf',
  'a**b',
  'a/**/b',
];
const PATHS = [
  'a',
  'a/b',
  'a/b/c.pdf',
  'a/x.pdf',
  'b/x.tif',
  'a/*.pdf',
  'a/y 1.tif',
  'axxb',
  'a/q/b',
  'a\n/b',
  '.a/x.pdf',
  'a.pdf',
];

test.each(PATTERNS)('the pattern %s', (pattern) => {
  const compiled = compileGlob(pattern);
  if (!compiled.ok) throw new Error(pattern);
  const selects = selectionOf(pattern);
  for (const path of PATHS) expect([path, selects(path)]).toEqual([path, compiled.value.matches(path)]);
});

test('and any other', () => {
  const piece = fc.constantFrom('*', '?', 'a', 'b', '.', '/', '{a,b}', '\\*', '**/');
  const path = fc
    .array(fc.constantFrom('a', 'b', '.', '/', '*'), { minLength: 1, maxLength: 8 })
    .map((all) => all.join(''));
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), path, (pieces, at) => {
      const pattern = pieces.join('');
      const compiled = compileGlob(pattern);
      fc.pre(compiled.ok && !at.startsWith('/') && !at.endsWith('/') && !at.includes('//'));
      if (compiled.ok) expect(selectionOf(pattern)(at)).toBe(compiled.value.matches(at));
    }),
    { numRuns: 2000 },
  );
});
