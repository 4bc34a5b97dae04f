/** Every item has exactly one disposition, whatever happened to it. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DISPOSITIONS, type Disposition } from '../../../kernel/disposition.ts';
import {
  acknowledgementText,
  assuranceOf,
  balancedCounts,
  dispositionOf,
  type Delivered,
  ITEM_STATES,
  proofOf,
} from '../../../subgraphs/validation/domain/disposition.ts';

const state = fc.constantFrom(...ITEM_STATES);
const proof = fc.constantFrom('looked-at' as const, 'acknowledgement' as const);
const soundness = fc.constantFrom('sound' as const, 'in-doubt' as const);

const GIVEN_BACK = { giving: 'given-back', acknowledgement: null } as const;

describe('dispositions', () => {
  test('balance for any combination of states and doubts', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(state, soundness, proof), { maxLength: 200 }), (items) => {
        const counts: Record<Disposition, number> = {
          verified: 0,
          acknowledged: 0,
          excluded: 0,
          quarantined: 0,
          failed: 0,
        };
        for (const each of items) counts[dispositionOf(...each)] += 1;
        expect(balancedCounts(counts, items.length, 'batch').eligible).toBe(items.length);
      }),
    );
  });

  test('verify only what moved and nothing is in doubt about', () => {
    fc.assert(
      fc.property(state, soundness, proof, (of, is, by) => {
        const disposition = dispositionOf(of, is, by);
        expect(DISPOSITIONS).toContain(disposition);
        const isSound = of === 'moved' && is === 'sound';
        expect(disposition === 'verified').toBe(isSound && by === 'looked-at');
        expect(disposition === 'acknowledged').toBe(isSound && by === 'acknowledgement');
      }),
    );
  });

  test('that do not add up to what was eligible are a defect, never a result', () => {
    const counts = { verified: 1, acknowledged: 0, excluded: 0, quarantined: 0, failed: 0 };
    expect(() => balancedCounts(counts, 2, 'batch')).toThrow('2 items are eligible and 1 have a disposition');
  });
});

describe('assurance', () => {
  const readBack = { credentials: 'own', records: 'listed', withheld: [], decimals: 'kept', charts: 'shown' } as const;
  test('is never claimed of what did not move, or was not given back', () => {
    const delivered = { bytes: 1, records: 1, unreadable: 0, superseded: null, ...GIVEN_BACK, depth: 'drawn' } as const;
    for (const of of ITEM_STATES.filter((each) => each !== 'moved')) {
      expect(assuranceOf(of, delivered, readBack).level).toBe('not-verifiable');
    }
    expect(assuranceOf('moved', { ...delivered, unreadable: 1 }, readBack).level).toBe('not-verifiable');
  });

  test('is the word of the receiver, and no more, where the target cannot be read back', () => {
    const accepted = { outcome: 'accepted', level: 'application', code: 'AA' } as const;
    const kept = { bytes: 1, records: 0, unreadable: 0, superseded: null, depth: 'drawn', giving: 'kept' } as const;
    const said = assuranceOf('moved', { ...kept, acknowledgement: acknowledgementText(accepted) }, readBack);
    expect(said).toMatchObject({ level: 'not-verifiable', ends: 'acknowledgement' });
    expect(said.method).toContain('acknowledged by the receiver (AA, application level)');
    expect(assuranceOf('moved', { ...kept, acknowledgement: null }, readBack).level).toBe('not-verifiable');
    expect(proofOf(said)).toBe('acknowledgement');
  });

  test('names what the receiver said beside what was read back', () => {
    const said = acknowledgementText({ outcome: 'accepted', level: 'accept', code: 'CA' });
    const read = { ...{ bytes: 1, records: 0, unreadable: 0, superseded: null, depth: 'drawn' }, giving: 'given-back' };
    const { level, method } = assuranceOf('moved', { ...read, acknowledgement: said } as Delivered, readBack);
    expect(level).toBe('bytes');
    expect(method).toMatch(/SHA-256.*; acknowledged by the receiver \(CA, accept level\)$/);
  });

  test('says whose credentials read the target back', () => {
    const bytes = { bytes: 1, records: 0, unreadable: 0, superseded: null, ...GIVEN_BACK, depth: 'drawn' } as const;
    expect(assuranceOf('moved', bytes, readBack).method).toContain('its own credentials');
    const shared = {
      credentials: 'transfer',
      records: 'listed',
      withheld: [],
      decimals: 'kept',
      charts: 'shown',
    } as const;
    expect(assuranceOf('moved', bytes, shared).method).toContain("the transfer's credentials");
    expect(assuranceOf('moved', bytes, shared).level).toBe('bytes');
    expect(assuranceOf('moved', { ...bytes, bytes: 0, records: 3 }, shared).level).toBe('fields');
  });

  test('says of what was not drawn that it was not', () => {
    const bytes = { bytes: 1, records: 0, unreadable: 0, superseded: null, ...GIVEN_BACK, depth: 'not-drawn' } as const;
    const { level, method } = assuranceOf('moved', bytes, readBack);
    expect([level, method.startsWith('not drawn: ')]).toEqual(['sampled', true]);
  });

  test('of an item says which of its records a later version superseded, and whose that is', () => {
    const some = {
      bytes: 0,
      records: 3,
      unreadable: 0,
      depth: 'drawn' as const,
      superseded: { records: 2, by: 'item-b', others: 1 },
      ...GIVEN_BACK,
    };
    const { level, method } = assuranceOf('moved', some, readBack);
    expect(level).toBe('record');
    expect(method).toMatch(/^2 of 3 records superseded .* of item-b and 1 more; of the others, every record/);
    const all = assuranceOf('moved', { ...some, superseded: { records: 3, by: 'item-b', others: 0 } }, readBack);
    expect(all.method).toBe('3 of 3 records superseded by a later version, looked for in their place, of item-b');
  });

  test('names the fields that the target gives nothing back of, and claims no fields then', () => {
    const partly = { ...readBack, records: 'by-receipt', withheld: ['SaveNote.text'] } as const;
    const all = { bytes: 0, records: 3, unreadable: 0, depth: 'drawn', ...GIVEN_BACK } as const;
    const { level, method } = assuranceOf('moved', { ...all, superseded: null }, partly);
    expect([level, method]).toEqual(['record', expect.stringContaining('gives nothing back of: SaveNote.text')]);
  });
});
