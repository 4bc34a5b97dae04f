/**
 * What the ways in are trusted by, and until when: certificates and host keys as seen, credentials and older algorithms
 * as declared.
 */
import { olderAlgorithmsOf } from './accepted-risk.ts';
import type { Confirmed } from './confirmation.ts';
import type { PlannedCredential, Settings } from './endpoint.ts';
import { readInstant } from './instant.ts';
import type { Policy } from './policy.ts';
import { no, type ReadinessLine, yes } from './readiness-line.ts';
import type { OpenWindow } from './window.ts';

export const TRUST_KINDS = ['certificate', 'host-key', 'credential', 'older-algorithm'] as const;
export type TrustKind = (typeof TRUST_KINDS)[number];

/** One thing that has to hold for a way in to stay open. */
export interface Trust {
  readonly kind: TrustKind;
  /** The label of the endpoint. */
  readonly endpoint: string;
  /** The subject of a certificate, the algorithm of a host key, the name of a secret or of an older algorithm. */
  readonly name: string;
  readonly issuer: string | null;
  /** SHA-256 of the certificate or host key; null for what is declared. */
  readonly fingerprint: string | null;
  /** RFC 3339; null when it does not end, or nobody said when. */
  readonly notAfter: string | null;
}

export interface WayIn {
  readonly label: string;
  readonly role: 'source' | 'target';
  readonly config: Settings;
  readonly secrets: Readonly<Record<string, string>>;
  readonly credentials: Readonly<Record<string, PlannedCredential>>;
  /** What the connector negotiated when it last answered: names as plugins/https-api and plugins/sftp give them. */
  readonly negotiated: Readonly<Record<string, string>> | null;
  /** Keyed digests of the values of its secrets, by name, where they were looked up. */
  readonly fingerprints?: Readonly<Record<string, string>> | undefined;
}

const DAY_MS = 86_400_000;

/** Everything that is known of a way in, the certificate or host key first. */
export function trustOf({ label, config, secrets, credentials, negotiated }: WayIn): readonly Trust[] {
  const seen: Trust[] = [];
  const { certificate, certificateSubject, certificateIssuer, certificateNotAfter, hostKey } = negotiated ?? {};
  if (certificate !== undefined) {
    seen.push({
      kind: 'certificate',
      endpoint: label,
      name: certificateSubject ?? 'unknown',
      issuer: certificateIssuer ?? null,
      fingerprint: certificate,
      notAfter: instantText(certificateNotAfter),
    });
  }
  if (hostKey !== undefined) {
    const name = negotiated?.['hostKeyAlgorithm'] ?? 'unknown';
    seen.push({ kind: 'host-key', endpoint: label, name, issuer: null, fingerprint: hostKey, notAfter: null });
  }
  const declared = Object.keys(secrets).map((name): Trust => {
    const notAfter = instantText(credentials[name]?.expiresAt);
    return { kind: 'credential', endpoint: label, name, issuer: null, fingerprint: null, notAfter };
  });
  const older = olderAlgorithmsOf(config);
  const risks = (older?.allowed ?? []).map((name): Trust => {
    const notAfter = older?.until ?? null;
    return { kind: 'older-algorithm', endpoint: label, name, issuer: null, fingerprint: null, notAfter };
  });
  return [...seen, ...declared, ...risks];
}

function instantText(text: string | undefined): string | null {
  return (text === undefined ? undefined : readInstant(text))?.toISOString() ?? null;
}

export interface TrustFacts {
  readonly ways: readonly WayIn[];
  readonly window: OpenWindow | null;
  readonly confirmations: readonly Confirmed[];
}

export function trustLines(facts: TrustFacts, policy: Policy, now: Date): readonly ReadinessLine[] {
  const trusts = facts.ways.flatMap(trustOf);
  return [
    ...trusts
      .filter(({ notAfter }) => notAfter !== null)
      .map((trust) => validityLine(trust, facts.window, policy, now)),
    rotationLine(facts, policy, now),
    reuseLine(facts.ways, policy),
  ];
}

interface Words {
  readonly requirement: string;
  /** How the codes begin. */
  readonly code: string;
  readonly remedy: string;
}

const CERTIFIED: Words = { requirement: 'E10', code: 'CERTIFICATE', remedy: 'have it renewed' };
const WORDS: Readonly<Record<TrustKind, Words>> = {
  certificate: CERTIFIED,
  'host-key': CERTIFIED,
  credential: { requirement: 'E05', code: 'CREDENTIAL', remedy: 'have it renewed' },
  'older-algorithm': { requirement: 'D09', code: 'RISK', remedy: 'have the server renewed, or the risk accepted anew' },
};

/** The margin lies behind the window, or behind now where no window is known; an accepted risk needs none. */
function validityLine(trust: Trust, window: OpenWindow | null, policy: Policy, now: Date): ReadinessLine {
  const isRisk = trust.kind === 'older-algorithm';
  const days = isRisk ? 0 : policy.readiness.certificateMarginDays;
  const { requirement, code: kind, remedy } = WORDS[trust.kind];
  const what = `the ${trust.kind} ${trust.name} of the ${trust.endpoint}`;
  const line = isRisk
    ? `${what} is not needed for longer than it is accepted`
    : `${what} is valid for ${days} days after the cutover`;
  const last = Date.parse(trust.notAfter ?? '') - days * DAY_MS;
  const needed = Math.max(now.getTime(), window?.closesAt.getTime() ?? 0);
  if (last >= needed) return yes(requirement, line, `until ${trust.notAfter}`, new Date(last));
  const isOver = Date.parse(trust.notAfter ?? '') <= now.getTime();
  const code = `${kind}_${isOver ? 'EXPIRED' : 'EXPIRES'}`;
  const verb = isOver ? 'ended' : 'ends';
  return no(requirement, line, code, `it ${verb} ${trust.notAfter}; ${remedy}, then check readiness again`);
}

/** Every secret was rotated shortly before the window, as somebody has confirmed. */
function rotationLine({ ways, window, confirmations }: TrustFacts, policy: Policy, now: Date): ReadinessLine {
  const { credentialAgeMaxDays: days, credentialRotation } = policy.readiness;
  const line = `every credential was rotated within ${days} days before the cutover`;
  const from = Math.max(now.getTime(), window?.opensAt.getTime() ?? 0) - days * DAY_MS;
  const old = ways.flatMap(({ label, secrets }) =>
    Object.keys(secrets)
      .map((name) => credentialName(label, name))
      .filter((subject) => !confirmations.some((each) => isRotation(each, subject, from))),
  );
  if (old.length === 0) return yes('E05', line);
  const reason = `nobody confirmed a rotation of ${old.join(', ')}`;
  if (credentialRotation === 'optional') return yes('E05', line, `the policy does not ask for it: ${reason}`);
  return no('E05', line, 'ROTATION_MISSING', `${reason}; rotate and confirm it`);
}

function isRotation({ kind, subject, happenedAt }: Confirmed, credential: string, from: number): boolean {
  return kind === 'credential-rotation' && subject === credential && Date.parse(happenedAt) >= from;
}

/** What a confirmation of a rotation is about. */
export function credentialName(label: string, secret: string): string {
  return `${label}: ${secret}`;
}

/** Where source and target share a credential, whoever has one of them has both: by its reference, or by its value. */
function reuseLine(ways: readonly WayIn[], policy: Policy): ReadinessLine {
  const line = 'the source and the targets have credentials of their own';
  const ofRole = (role: WayIn['role']) => ways.filter((way) => way.role === role).flatMap(credentialsOf);
  const theirs = ofRole('target');
  const shared = ofRole('source').flatMap((ours) =>
    theirs.filter((each) => isSame(ours, each)).map(({ name }) => `${ours.name} and ${name}`),
  );
  if (shared.length === 0) return yes('E02', line);
  const reason = `these are the same: ${shared.join(', ')}`;
  if (policy.readiness.ownCredentials === 'optional')
    return yes('E02', line, `the policy does not ask for it: ${reason}`);
  return no('E02', line, 'CREDENTIAL_REUSED', `${reason}; give each end its own`);
}

interface Credential {
  readonly name: string;
  readonly reference: string;
  readonly fingerprint: string | undefined;
}

function credentialsOf({ label, secrets, fingerprints = {} }: WayIn): readonly Credential[] {
  return Object.entries(secrets).map(([name, reference]) => {
    return { name: credentialName(label, name), reference, fingerprint: fingerprints[name] };
  });
}

function isSame(one: Credential, other: Credential): boolean {
  if (one.reference === other.reference) return true;
  return one.fingerprint !== undefined && one.fingerprint === other.fingerprint;
}

export interface Alarm {
  readonly trust: Trust;
  /** The horizon of the policy that was crossed, in days before the end; 0 when it is over. */
  readonly horizonDays: number;
}

/** The nearest horizon that each has crossed: whoever looks late hears of one, not of all that went before. */
export function alarmsOf(ways: readonly WayIn[], policy: Policy, now: Date): readonly Alarm[] {
  const horizons = [...policy.readiness.certificateHorizonsDays, 0].toSorted((left, right) => left - right);
  return ways.flatMap(trustOf).flatMap((trust) => {
    if (trust.notAfter === null) return [];
    const daysLeft = (Date.parse(trust.notAfter) - now.getTime()) / DAY_MS;
    const horizonDays = horizons.find((days) => daysLeft <= days);
    return horizonDays === undefined ? [] : [{ trust, horizonDays }];
  });
}
