import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Confirmed } from '../../../subgraphs/inventory/domain/confirmation.ts';
import { alarmsOf, trustLines, trustOf, type WayIn } from '../../../subgraphs/inventory/domain/certificate.ts';
import { type Policy, SAFE_DEFAULTS } from '../../../subgraphs/inventory/domain/policy.ts';

const now = new Date('2026-03-01T12:00:00Z');
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(now.getTime() + days * DAY_MS);
const window = { opensAt: inDays(20), closesAt: inDays(21) };

function wayIn(change: Partial<WayIn>): WayIn {
  return { label: 'target', role: 'target', config: {}, secrets: {}, credentials: {}, negotiated: null, ...change };
}
const certified = (days: number): WayIn =>
  wayIn({
    negotiated: { certificate: 'AA', certificateSubject: 'CN=x', certificateNotAfter: inDays(days).toISOString() },
  });
const tokenFor = (days: number): WayIn =>
  wayIn({ secrets: { token: 'env:T' }, credentials: { token: { expiresAt: inDays(days).toISOString() } } });

function shut(ways: readonly WayIn[], policy: Policy = SAFE_DEFAULTS, confirmations: readonly Confirmed[] = []) {
  const lines = trustLines({ ways, window, confirmations }, policy, now);
  return lines.filter(({ ok }) => !ok).map(({ requirement, code }) => `${requirement} ${code}`);
}

describe('a way in', () => {
  test.each([
    ['a certificate', certified, 'E10 CERTIFICATE'],
    ['a credential', tokenFor, 'E05 CREDENTIAL'],
  ])('keeps the gate shut by %s that ends before the margin behind the window', (_, make, code) => {
    expect(shut([make(29)])).toEqual([]);
    expect(shut([make(27)])).toEqual([`${code}_EXPIRES`]);
    expect(shut([make(-1)])).toEqual([`${code}_EXPIRED`]);
    const [line] = trustLines({ ways: [make(40)], window: null, confirmations: [] }, SAFE_DEFAULTS, now);
    expect(line).toMatchObject({ ok: true, until: inDays(33).toISOString() });
  });

  test('that speaks an older algorithm keeps the gate shut where that ends before the window does', () => {
    const older = (days: number) =>
      wayIn({ config: { olderAlgorithms: { allowed: ['ssh-rsa'], until: inDays(days).toISOString() } } });
    expect(shut([older(21)])).toEqual([]);
    expect(shut([older(20)])).toEqual(['D09 RISK_EXPIRES']);
    expect(shut([older(-1)])).toEqual(['D09 RISK_EXPIRED']);
    const [line] = trustLines({ ways: [older(40)], window: null, confirmations: [] }, SAFE_DEFAULTS, now);
    expect(line).toMatchObject({ ok: true, until: inDays(40).toISOString() });
    const [alarm] = alarmsOf([older(1)], SAFE_DEFAULTS, now);
    expect(alarm?.trust).toMatchObject({ kind: 'older-algorithm', name: 'ssh-rsa', endpoint: 'target' });
  });

  test('shares no credential with the other end where the policy asks for that', () => {
    const policy = { ...SAFE_DEFAULTS, readiness: { ...SAFE_DEFAULTS.readiness, ownCredentials: 'required' as const } };
    const source = wayIn({ label: 'source', role: 'source', secrets: { password: 'env:ONE' } });
    const target = wayIn({ secrets: { token: 'env:ONE' } });
    expect(shut([source, target], policy)).toEqual(['E02 CREDENTIAL_REUSED']);
    expect(shut([source, wayIn({ secrets: { token: 'env:TWO' } })], policy)).toEqual([]);
    // Another reference to the same value is the same credential.
    const known = { ...source, fingerprints: { password: 'aa' } };
    const [same, other] = ['aa', 'bb'].map((token) =>
      wayIn({ secrets: { token: 'env:TWO' }, fingerprints: { token } }),
    );
    expect(shut([known, same ?? target], policy)).toEqual(['E02 CREDENTIAL_REUSED']);
    expect(shut([known, other ?? target], policy)).toEqual([]);
    expect(shut([source, target])).toEqual([]);
  });

  test('needs a confirmed rotation shortly before the window where the policy asks for it', () => {
    const readiness = { ...SAFE_DEFAULTS.readiness, credentialRotation: 'required' as const };
    const policy = { ...SAFE_DEFAULTS, readiness };
    const rotated = (days: number, subject = 'target: token'): Confirmed => ({
      kind: 'credential-rotation',
      subject,
      happenedAt: inDays(days).toISOString(),
      testedAt: null,
      confirmedBy: 'olga',
    });
    const ways = [wayIn({ secrets: { token: 'env:T' } })];
    expect(shut(ways, policy)).toEqual(['E05 ROTATION_MISSING']);
    expect(shut(ways, policy, [rotated(-11), rotated(-1, 'source: token')])).toEqual(['E05 ROTATION_MISSING']);
    expect(shut(ways, policy, [rotated(-9)])).toEqual([]);
    expect(shut(ways)).toEqual([]);
  });

  test('is known by what it showed, never by its secrets', () => {
    const way = wayIn({
      secrets: { token: 'env:T' },
      negotiated: { hostKey: 'SHA256:x', hostKeyAlgorithm: 'ssh-ed25519' },
    });
    expect(trustOf(way).map(({ kind, name }) => [kind, name])).toEqual([
      ['host-key', 'ssh-ed25519'],
      ['credential', 'token'],
    ]);
    expect(JSON.stringify(trustOf(way))).not.toContain('env:T');
  });

  test('raises at most one alarm at a time: of the nearest horizon it has crossed', () => {
    const horizons = [...SAFE_DEFAULTS.readiness.certificateHorizonsDays, 0];
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), (days) => {
        const crossed = horizons.filter((horizon) => days <= horizon);
        const alarms = alarmsOf([certified(days)], SAFE_DEFAULTS, now).map(({ horizonDays }) => horizonDays);
        expect(alarms).toEqual(crossed.length === 0 ? [] : [Math.min(...crossed)]);
      }),
    );
  });
});
