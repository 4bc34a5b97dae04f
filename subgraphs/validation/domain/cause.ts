/** Causes: thousands of exceptions that came of one thing are one line to people, told apart by what, never by whom. */
import { derivedId, type Id } from '../../../kernel/id.ts';
import { withoutPositions } from '../../../records/lineage/path.ts';
import type { Category } from './category.ts';
import type { Origin } from './finding.ts';

/** What makes two exceptions come of one thing. Codes and element paths only: no key, no place in an item, no value. */
export interface Cause {
  /** Within one dataset of one migration. */
  readonly id: Id;
  /** The same in every dataset and migration. */
  readonly fingerprint: Id;
  readonly migrationId: Id;
  readonly datasetId: Id | null;
  readonly origin: Origin;
  readonly category: Category;
  readonly code: string;
  readonly recordType: string | null;
  /** The element without positions: what the lineage rule behind it writes. */
  readonly path: string | null;
}

type Caused = Omit<Cause, 'id' | 'fingerprint' | 'path'> & { readonly field: string | null };

export function causeOf(exception: Caused): Cause {
  const { migrationId, datasetId, origin, category, code, recordType, field } = exception;
  const path = field === null ? null : withoutPositions(field);
  const fingerprint = derivedId('fpr', origin, category, code, recordType ?? '', path ?? '');
  const id = derivedId('cau', migrationId, datasetId ?? '', fingerprint);
  return { id, fingerprint, migrationId, datasetId, origin, category, code, recordType, path };
}

/** For example `value-mismatch in Patient.name.family (match: FIELD_DIFFERS)`. */
export function causeText({ category, recordType, path, origin, code }: Omit<Cause, 'id' | 'fingerprint'>): string {
  const element = [recordType, path].filter((part) => part !== null && part !== '').join('.');
  return `${category}${element === '' ? '' : ` in ${element}`} (${origin}: ${code})`;
}
