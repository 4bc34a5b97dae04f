/** The profile of a dataset: when it speaks of the items that will move, and what of it becomes a finding. */
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Id } from '../../../kernel/id.ts';
import type { DatasetProfile, ProfileFinding } from '../../../records/profile/report.ts';
import { findingCode } from '../../../records/profile/finding-codes.ts';
import { FINDING_ITEMS_MAX, type Found } from './finding.ts';
import { meaningOf } from './survey-findings.ts';

export type { DatasetProfile };

export const PROFILE_STATES = ['running', 'complete', 'failed'] as const;
export type ProfileState = (typeof PROFILE_STATES)[number];

/** A profile of other items says nothing about these. */
export function isCurrent(
  profile: { readonly state: ProfileState; readonly survey: Sha256 },
  dataset: { readonly survey: Sha256 | null },
): boolean {
  return profile.state === 'complete' && profile.survey === dataset.survey;
}

/** Where a finding was made, by the id of the item instead of its number. */
export interface Spot {
  readonly itemId: Id;
  readonly position: string;
}

export interface SpottedFinding extends Omit<ProfileFinding, 'at'> {
  readonly at: readonly Spot[];
}

/** Items that could not be read to their end, by the code that says why. */
export type Unread = Readonly<Record<string, { readonly count: number; readonly itemIds: readonly Id[] }>>;

/** As it is sealed. */
export interface SealedProfile extends Omit<DatasetProfile, 'findings'> {
  readonly findings: readonly SpottedFinding[];
  readonly unread: Unread;
}

export function withUnread(unread: Unread, code: string, itemId: Id): Unread {
  const { count, itemIds } = unread[code] ?? { count: 0, itemIds: [] };
  return { ...unread, [code]: { count: count + 1, itemIds: [...itemIds, itemId].slice(0, FINDING_ITEMS_MAX) } };
}

/** The numbers of the items that findings name. */
export function namedItems({ findings }: DatasetProfile): ReadonlySet<number> {
  return new Set(findings.flatMap(({ at }) => at.map(({ item }) => item)));
}

export function sealedProfile(
  profile: DatasetProfile,
  itemIds: ReadonlyMap<number, Id>,
  unread: Unread,
): SealedProfile {
  const findings = profile.findings.map((finding) => ({
    ...finding,
    at: finding.at.flatMap(({ item, position }) => {
      const itemId = itemIds.get(item);
      return itemId === undefined ? [] : [{ itemId, position }];
    }),
  }));
  return { ...profile, findings, unread };
}

/** One for each code, whatever the field: the sealed profile has them field by field. */
export function findingsOf({ findings, unread }: SealedProfile): readonly Found[] {
  const byCode = Map.groupBy(findings, ({ code }) => code);
  const codes = [...new Set([...byCode.keys(), ...Object.keys(unread)])];
  return codes.map((code) => foundOf(code, byCode.get(code) ?? [], unread[code]));
}

function foundOf(code: string, findings: readonly SpottedFinding[], unread: Unread[string] | undefined): Found {
  const spots = findings.flatMap(({ at }) => at);
  const itemIds = [...new Set([...spots.map(({ itemId }) => itemId), ...(unread?.itemIds ?? [])])];
  const { severity, requirement, detail } = findings.length > 0 ? findingCode(code) : meaningOf(code);
  const paths = [...new Set(findings.flatMap(({ path }) => path ?? []))];
  return {
    code,
    severity,
    requirement,
    count: findings.reduce((sum, { count }) => sum + count, unread?.count ?? 0),
    itemIds: itemIds.slice(0, FINDING_ITEMS_MAX),
    position: spots[0]?.position ?? null,
    detail: paths.length === 0 ? detail : `${detail}: ${named(paths)}`,
  };
}

const NAMED_MAX = 10;

/** Paths are of the format or the names of columns, never of a patient. */
function named(paths: readonly string[]): string {
  const more = paths.length > NAMED_MAX ? ` and ${paths.length - NAMED_MAX} more` : '';
  return `${paths.slice(0, NAMED_MAX).join(', ')}${more}`;
}
