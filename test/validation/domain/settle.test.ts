/** One fault, one exception: settling keeps what tells most, loses no fault, and settles nothing twice. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Difference } from '../../../records/lineage/lineage.ts';
import { CATEGORIES } from '../../../subgraphs/validation/domain/category.ts';
import { faultsBehind } from '../../../subgraphs/validation/domain/difference.ts';
import { exceptionId, type Finding, finding, ORIGINS } from '../../../subgraphs/validation/domain/finding.ts';
import { type ItemFacts, settle } from '../../../subgraphs/validation/domain/settle.ts';
import { findingOfReason } from '../../../subgraphs/validation/domain/transfer-reason.ts';

const MOVED: ItemFacts = { state: 'moved', reading: 'readable', records: 3 };
const ASIDE: ItemFacts = { state: 'set-aside', reading: 'readable', records: 3 };

const anyFinding: fc.Arbitrary<Finding> = fc
  .record({
    origin: fc.constantFrom(...ORIGINS),
    category: fc.constantFrom(...CATEGORIES),
    record: fc.option(fc.constantFrom('a', 'b', 'c')),
    position: fc.constantFrom('', 'message 1', 'message 1 PID', 'message 2', 'line 3', 'line 30'),
    field: fc.option(fc.constantFrom('birthDate', 'gender')),
    code: fc.constantFrom('A', 'B_MISSING', 'NOT_MAPPABLE', 'CONTROL_ID_REPEATED'),
  })
  .map((given) => finding({ itemId: 'item-1', note: 'seen', ...given }));
const facts = fc.record<ItemFacts>({
  state: fc.constant('moved' as const),
  reading: fc.constantFrom('readable' as const, 'unreadable' as const),
  records: fc.integer({ min: 0, max: 3 }),
});

describe('settling', () => {
  test('never hides that something is wrong with an item', () => {
    fc.assert(
      fc.property(fc.array(anyFinding, { minLength: 1, maxLength: 8 }), facts, (findings, of) => {
        expect(settle(findings, of).length).toBeGreaterThan(0);
      }),
    );
  });

  test('settles nothing twice, and invents nothing', () => {
    fc.assert(
      fc.property(fc.array(anyFinding, { maxLength: 8 }), facts, (findings, of) => {
        const settled = settle(findings, of);
        const seen = new Set(findings.map(({ category, origin }) => `${category} ${origin}`));
        for (const { category, origin } of settled) expect(seen).toContain(`${category} ${origin}`);
        expect(settled.length).toBeLessThanOrEqual(findings.length);
        expect(settle(settled, of).map(({ category }) => category)).toEqual(settled.map(({ category }) => category));
      }),
    );
  });

  const seen = (origin: Finding['origin'], category: Finding['category'], more: Partial<Finding> = {}): Finding =>
    finding({ origin, category, itemId: 'item-1', note: 'seen', code: 'SEEN', ...more });
  const missing = (record: string) => seen('match', 'missing-record', { record, recordType: 'Observation' });

  test.each<[string, readonly Finding[], ItemFacts, readonly string[]]>([
    [
      'an item set aside for an unmapped code is not also missing',
      [
        findingOfReason({ itemId: 'item-1' }, { code: 'NOT_MAPPABLE' }),
        seen('mapping', 'code-translation-mismatch', { record: 'a', field: 'SEX' }),
        missing('a'),
        missing('b'),
      ],
      ASIDE,
      ['mapping code-translation-mismatch'],
    ],
    [
      'a reason that nothing in the data explains stands',
      [findingOfReason({ itemId: 'item-1' }, { code: 'ITEM_REFUSED' })],
      ASIDE,
      ['transfer schema-invalid'],
    ],
    [
      'bytes changed in flight are another fault than what is wrong with the original',
      [
        findingOfReason({ itemId: 'item-1' }, { code: 'DIGEST_MISMATCH_IN_FLIGHT' }),
        seen('examination', 'content-implausible', { position: 'line 2' }),
      ],
      ASIDE,
      ['transfer digest-mismatch', 'examination content-implausible'],
    ],
    [
      'what cannot be read is only unreadable, and its bytes may still differ',
      [
        seen('examination', 'unreadable'),
        seen('examination', 'schema-invalid'),
        seen('mapping', 'unreadable', { position: 'byte 0' }),
        seen('fixity', 'digest-mismatch'),
      ],
      { ...MOVED, reading: 'unreadable' },
      ['examination unreadable', 'fixity digest-mismatch'],
    ],
    [
      'all records of an item missing are one missing item',
      [missing('a'), missing('b'), missing('c')],
      MOVED,
      ['match missing-record'],
    ],
    [
      'some records missing are each missing',
      [missing('a'), missing('b')],
      MOVED,
      ['match missing-record', 'match missing-record'],
    ],
    [
      'a message missing in the middle explains a count that is wrong, and no envelope that was lost',
      [
        seen('sequence', 'sequence-gap'),
        seen('examination', 'sequence-gap', { code: 'COUNT_MISMATCH', position: 'after message 2 BTS-1' }),
        seen('examination', 'sequence-gap', { code: 'FILE_TRAILER_MISSING', position: 'after message 2 FTS' }),
      ],
      MOVED,
      ['sequence sequence-gap', 'examination sequence-gap'],
    ],
    [
      'the counts of two batches are two faults',
      [
        seen('examination', 'sequence-gap', { code: 'COUNT_MISMATCH', position: 'after message 2 BTS-1' }),
        seen('examination', 'sequence-gap', { code: 'COUNT_MISMATCH', position: 'after message 5 BTS-1' }),
      ],
      MOVED,
      ['examination sequence-gap', 'examination sequence-gap'],
    ],
  ])('%s', (_, findings, of, expected) => {
    expect(settle(findings, of).map(({ origin, category }) => `${origin} ${category}`)).toEqual(expected);
  });
});

describe('differences', () => {
  const differs = (field: string, category: Difference['category'], note = 'differs'): Difference => ({
    ...{ field, category, note },
    critical: false,
  });
  test('of one shifted clock are one fault', () => {
    const faults = faultsBehind([
      differs('effectiveDateTime', 'timestamp-shift', '+5 h'),
      differs('issued', 'timestamp-shift', '+5 h'),
      differs('note[0].time', 'timestamp-shift', '+1 h'),
    ]);
    expect(faults.map(({ field, note }) => `${field}: ${note}`)).toEqual([
      'effectiveDateTime: +5 h (and 1 more fields)',
      'note[0].time: +1 h',
    ]);
  });

  test('that only echo a more telling one of the same element are left out', () => {
    const faults = faultsBehind([
      differs('name[0].family', 'truncation', '4 of 9 characters'),
      differs('name[0].text', 'value-mismatch'),
      differs('birthDate', 'value-mismatch'),
    ]);
    expect(faults.map(({ field, category }) => `${field} ${category}`)).toEqual([
      'name[0].family truncation',
      'birthDate value-mismatch',
    ]);
  });
});

describe('the id of an exception', () => {
  const base = finding({
    origin: 'match',
    category: 'truncation',
    note: 'a',
    code: 'A',
    itemId: 'i',
    record: 'r',
    field: 'f',
  });
  test('is the same for the same fault, whatever was said of it', () => {
    expect(exceptionId('ds-1', { ...base, note: 'b', code: 'B', targetId: 't' })).toBe(exceptionId('ds-1', base));
  });
  test('differs by dataset, category, record and field', () => {
    const others = [{ category: 'orphan' }, { record: 's' }, { field: 'g' }] as const;
    const ids = others.map((other) => exceptionId('ds-1', { ...base, ...other }));
    expect(new Set([...ids, exceptionId('ds-1', base), exceptionId('ds-2', base)]).size).toBe(5);
  });
});
