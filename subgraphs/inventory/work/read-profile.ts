/** A profile as it is shown: the row, and parts of the sealed profile when they are asked for. */
import { derivedId, type Id } from '../../../kernel/id.ts';
import type { ProfiledField } from '../../../records/profile/report.ts';
import type { SealedProfile, SpottedFinding } from '../domain/profile.ts';
import type { DatasetProfile } from '../store/profile-tables.ts';
import type { InventoryContext } from './context.ts';

const PROFILE_BYTES_MAX = 64 * 1024 * 1024;

export interface ShownProfile extends DatasetProfile {
  readonly id: Id;
  /** Read when first asked for; undefined until the profile is complete. */
  readonly sealed: () => Promise<SealedProfile | undefined>;
}

export function shownProfile({ strongroom }: InventoryContext, row: DatasetProfile): ShownProfile {
  let reading: Promise<SealedProfile | undefined> | undefined;
  const read = async (): Promise<SealedProfile | undefined> => {
    if (row.profile === null) return undefined;
    return JSON.parse((await strongroom.readWhole(row.profile, PROFILE_BYTES_MAX)).toString('utf8')) as SealedProfile;
  };
  return { ...row, id: row.datasetId, sealed: () => (reading ??= read()) };
}

export type ShownField = ProfiledField & { readonly id: Id };
export type ShownFinding = SpottedFinding & { readonly id: Id };

export async function fieldsOf({ datasetId, sealed }: ShownProfile): Promise<readonly ShownField[]> {
  return ((await sealed())?.fields ?? []).map((field) => ({
    ...field,
    id: derivedId('fld', datasetId, field.kind, field.path),
  }));
}

export async function findingsIn({ datasetId, sealed }: ShownProfile): Promise<readonly ShownFinding[]> {
  return ((await sealed())?.findings ?? []).map((finding) => ({
    ...finding,
    id: derivedId('pfn', datasetId, finding.code, finding.kind ?? '', finding.path ?? ''),
  }));
}

/** What comes after the one of that id, at most `limit`; from the beginning where there is none of that id. */
export function pageAfter<T extends { readonly id: Id }>(
  all: readonly T[],
  limit: number,
  after: Id | null | undefined,
): readonly T[] {
  const from = after ? all.findIndex(({ id }) => id === after) + 1 : 0;
  return all.slice(from, from + limit);
}
