import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Actor } from '../../kernel/actor.ts';
import { type ApprovalRequest, decideApproval, requestDigest } from '../../kernel/approval.ts';
import { canonicalJson, type Json } from '../../kernel/canonical-json.ts';
import { fixedClock } from '../../kernel/clock.ts';
import { isSha256, keyedDigest, RunningDigest, sha256 } from '../../kernel/digest.ts';
import { countDispositions, isBalanced } from '../../kernel/disposition.ts';
import { Fault, isFault } from '../../kernel/fault.ts';
import { derivedId, occurrenceId } from '../../kernel/id.ts';
import { generateSigningKey, isSignedBy, openRequest, signerOf, signRequest } from '../../kernel/signature.ts';
import { byRisk, TIERS } from '../../kernel/tier.ts';

const clock = fixedClock(new Date('2026-11-23T08:00:00Z'));
const person = (id: string, ...roles: Actor['roles'][number][]): Actor => ({ type: 'user', id, roles });

describe('canonical JSON', () => {
  test('spells the examples of RFC 8785 as the RFC does', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '1': 'One',
      '\u0080': 'Control',
      b: [1e30, 4.5, 2e-3],
    };
    expect(canonicalJson(value)).toBe(
      '{"\\r":"Carriage Return","1":"One","b":[1e+30,4.5,0.002],"\u0080":"Control","\u20ac":"Euro Sign"}',
    );
  });

  test('says the same of equal values whatever the order of their members', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse()) as Json;
        expect(canonicalJson(reversed)).toBe(canonicalJson(value as Json));
        expect(JSON.parse(canonicalJson(value as Json))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('refuses what has no canonical spelling', () => {
    expect(() => canonicalJson(Number.NaN)).toThrow(expect.objectContaining({ code: 'JSON_NOT_CANONICAL' }));
    expect(() => canonicalJson('\ud800')).toThrow(expect.objectContaining({ code: 'JSON_NOT_CANONICAL' }));
  });
});

describe('digests', () => {
  test('a running digest says the same as one over the whole, whatever the chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (chunks) => {
        const running = new RunningDigest();
        for (const chunk of chunks) running.update(chunk);
        expect(running.value()).toBe(sha256(Buffer.concat(chunks)));
        expect(running.sizeBytes).toBe(Buffer.concat(chunks).length);
        expect(isSha256(running.value())).toBe(true);
      }),
    );
  });

  test('a keyed digest is the one of RFC 4231 test case 2', () => {
    expect(keyedDigest(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });
});

describe('identifiers', () => {
  test('derived ones repeat for the same parts and differ when a boundary between parts moves', () => {
    expect(derivedId('item', 'ab', 'c')).toBe(derivedId('item', 'ab', 'c'));
    expect(derivedId('item', 'ab', 'c')).not.toBe(derivedId('item', 'a', 'bc'));
    expect(derivedId('item', 'ab', 'c')).toMatch(/^item-[0-9a-z]{26}$/);
  });

  test('random ones have the shape of a version 7 UUID and carry their time', () => {
    const id = occurrenceId(clock, (bytes) => new Uint8Array(bytes).fill(0xff));
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(clock.now().getTime());
  });
});

describe('four-eyes', () => {
  const request: ApprovalRequest = { subject: 'bat-1', act: 'launch', details: { plan: 'a' }, proposedBy: 'olga' };

  test('another person who may approve, approves exactly what was asked', () => {
    const outcome = decideApproval(request, person('anna', 'approver'), clock.now());
    expect(outcome).toEqual({
      ok: true,
      value: { request: requestDigest(request), approvedBy: 'anna', approvedAt: '2026-11-23T08:00:00.000Z' },
    });
    expect(requestDigest({ ...request, details: { plan: 'b' } })).not.toBe(requestDigest(request));
  });

  test('nobody approves his own request, whatever his roles', () => {
    const outcome = decideApproval(request, person('olga', 'operator', 'approver'), clock.now());
    expect(outcome).toMatchObject({ ok: false, refusals: [{ code: 'MAKER_IS_CHECKER' }] });
  });

  test('nobody approves without the role', () => {
    expect(decideApproval(request, person('otto', 'operator'), clock.now())).toMatchObject({
      ok: false,
      refusals: [{ code: 'ROLE_REQUIRED' }],
    });
  });
});

describe('signatures', () => {
  test('a signature holds for its bytes and its key alone', () => {
    const [mine, other] = [generateSigningKey(), generateSigningKey()];
    const signature = signerOf(mine.privateKey).sign(Buffer.from('manifest'));
    expect(isSignedBy(mine.publicKey, Buffer.from('manifest'), signature)).toBe(true);
    expect(isSignedBy(mine.publicKey, Buffer.from('manifesT'), signature)).toBe(false);
    expect(isSignedBy(other.publicKey, Buffer.from('manifest'), signature)).toBe(false);
  });

  test('a signed request opens with the same key and body, and for a minute only', () => {
    const key = Buffer.alloc(32, 7);
    const header = signRequest(key, person('olga', 'operator'), '{"query":"{a}"}', clock.now());
    const at = (seconds: number) => new Date(clock.now().getTime() + seconds * 1000);
    expect(openRequest(key, header, '{"query":"{a}"}', at(30))).toEqual({ actor: person('olga', 'operator') });
    expect(openRequest(key, header, '{"query":"{b}"}', at(30))).toBe(false);
    expect(openRequest(key, header, '{"query":"{a}"}', at(61))).toBe(false);
    expect(openRequest(Buffer.alloc(32, 8), header, '{"query":"{a}"}', at(30))).toBe(false);
    expect(openRequest(key, 'garbage', '{}', at(0))).toBe(false);
    expect(openRequest(key, '', '{}', at(0))).toBe(false);
  });
});

describe('the rest of the words', () => {
  test('dispositions always balance', () => {
    const count = fc.nat();
    fc.assert(
      fc.property(count, count, count, count, (verified, excluded, quarantined, failed) => {
        expect(isBalanced(countDispositions({ verified, excluded, quarantined, failed }))).toBe(true);
      }),
    );
  });

  test('the riskiest tier comes first', () => {
    expect([...TIERS].reverse().sort(byRisk)).toEqual(TIERS);
  });

  test('a fault is recognised by its mark, not by its class', () => {
    expect(isFault(new Fault({ code: 'X', retry: 'permanent', message: 'x' }))).toBe(true);
    expect(isFault(new Error('x'))).toBe(false);
    expect(isFault(null)).toBe(false);
  });
});
