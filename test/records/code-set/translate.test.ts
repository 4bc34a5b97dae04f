import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { CodeEntry, CodeMapDocument } from '../../../records/code-set/document.ts';
import { compileDocument } from '../../../records/code-set/translate.ts';
import { anyDocument, anyOpenDocument, ICD_10, ICD_9 } from './documents.ts';

const map = (codes: Readonly<Record<string, CodeEntry>>, more: Partial<CodeMapDocument> = {}): CodeMapDocument => ({
  name: 'some-map',
  version: '1',
  from: { system: ICD_9, name: 'ICD-9-CM' },
  to: { system: ICD_10, name: 'ICD-10-CM' },
  provenance: { source: 'x', sha256: '0'.repeat(64), loadedWith: 'gems 1' },
  codes,
  ...more,
});

const document = map({
  '001.0': { targets: [{ code: 'A00.0', display: 'One', equivalence: 'equivalent' }] },
  '002': { targets: [{ code: 'A', equivalence: 'relatedto' }] },
  '003': { targets: [{ equivalence: 'unmatched' }] },
  '004': {
    targets: [
      { code: 'A', equivalence: 'equal' },
      { code: 'B', equivalence: 'equal' },
    ],
  },
  '005': {
    targets: [
      { code: 'A', equivalence: 'wider', scenario: 1, choice: 1 },
      { code: 'B', equivalence: 'wider', scenario: 1, choice: 2 },
    ],
  },
  '006': { targets: [{ code: 'A', equivalence: 'equal', dependsOn: [{ property: 'sex', value: 'female' }] }] },
});

describe('translating a code', () => {
  test('finds the one target, whether the point of an ICD code is written or not', () => {
    const translate = compileDocument(document);
    const found = { kind: 'found', code: 'A00.0', display: 'One', system: ICD_10, equivalence: 'equivalent' };
    expect(translate('001.0')).toEqual(found);
    expect(translate('0010')).toEqual(found);
  });

  test('tells a code without a map from a code that is known to have none', () => {
    const translate = compileDocument(document);
    expect(translate('999')).toEqual({ kind: 'unmapped' });
    expect(translate('003')).toEqual({ kind: 'no-map' });
    expect(translate('constructor')).toEqual({ kind: 'unmapped' });
  });

  test('never picks one of several candidates, nor one that hangs on something else, unless it was chosen', () => {
    expect(compileDocument(document)('004')).toEqual({ kind: 'ambiguous' });
    expect(compileDocument(document)('006')).toEqual({ kind: 'ambiguous' });
    const chosen = compileDocument(document, { choices: { '004': 'B', '006': 'A' } });
    expect(chosen('004')).toMatchObject({ code: 'B' });
    expect(chosen('006')).toMatchObject({ code: 'A' });
    expect(compileDocument(document, { choices: { '004': 'C' } })('004')).toEqual({ kind: 'ambiguous' });
  });

  test('takes a code as it is written before one without its point, and guesses between none', () => {
    const entry = (code: string): CodeEntry => ({ targets: [{ code, equivalence: 'equal' }] });
    const translate = compileDocument(map({ '01.1': entry('A'), '011': entry('B'), '02.2': entry('C') }));
    expect(translate('01.1')).toMatchObject({ code: 'A' });
    expect(translate('011')).toMatchObject({ code: 'B' });
    expect(translate('0.11')).toEqual({ kind: 'ambiguous' });
    expect(translate('022')).toMatchObject({ code: 'C' });
  });

  test('writes the parts of a combination one by one, and none of them alone', () => {
    const part = (choice: number, of: number) => compileDocument(document, { choose: { scenario: 1, choice, of } });
    expect(compileDocument(document)('005')).toEqual({ kind: 'ambiguous' });
    expect(part(1, 2)('005')).toMatchObject({ code: 'A' });
    expect(part(2, 2)('005')).toMatchObject({ code: 'B' });
    expect(part(1, 1)('005')).toEqual({ kind: 'ambiguous' });
    expect(part(1, 2)('0010')).toMatchObject({ code: 'A00.0' });
    expect(part(2, 2)('0010')).toEqual({ kind: 'nothing' });
  });

  test('takes only what means the same where that is asked for', () => {
    const exact = compileDocument(document, { minimum: 'exact' });
    expect(exact('002')).toEqual({ kind: 'inexact' });
    expect(exact('001.0')).toMatchObject({ kind: 'found' });
  });

  test('does with unknown codes what the map says of them', () => {
    const open = (unmapped: CodeMapDocument['unmapped']) => compileDocument(map({}, { unmapped }));
    expect(open({ mode: 'provided' })('X')).toMatchObject({ code: 'X', system: ICD_10 });
    expect(open({ mode: 'fixed', code: 'F' })('X')).toMatchObject({ code: 'F', equivalence: 'relatedto' });
    expect(open({ mode: 'other-map', url: 'urn:y' })('X')).toEqual({ kind: 'unmapped' });
  });

  test('never drops the code system, and invents no code', () => {
    fc.assert(
      fc.property(anyOpenDocument, fc.string(), (any, stranger) => {
        const translate = compileDocument(any);
        for (const code of [...Object.keys(any.codes), stranger]) {
          const found = translate(code);
          if (found.kind !== 'found') continue;
          expect(found.system).toMatch(/^(urn|http):/);
          const known = Object.values(any.codes).flatMap(({ targets }) => targets.map((each) => each.code));
          expect([...known, 'F', code]).toContain(found.code);
        }
      }),
    );
  });

  test('answers a code of the map with its own target, or says why not', () => {
    fc.assert(
      fc.property(anyDocument, (any) => {
        const translate = compileDocument(any);
        for (const [code, { targets }] of Object.entries(any.codes)) {
          const isMapped = targets.some(({ equivalence }) => equivalence !== 'unmatched' && equivalence !== 'disjoint');
          expect(translate(code).kind === 'no-map').toBe(!isMapped);
        }
      }),
    );
  });
});
