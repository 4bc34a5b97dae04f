/** Losses that no count shows: the record is there, and what made it true, findable or provable is not. */
import type { Check } from '../domain/check.ts';
import { elementOf } from '../domain/difference.ts';
import type { Category } from '../domain/category.ts';
import { type LossFacts, STATED_KINDS } from './loss-facts.ts';

const PACK = { version: '1', layer: 'content', requirements: ['G07', 'J02'] } as const;

const NEGATION_LOST: Check = {
  ...PACK,
  id: 'negation-lost',
  method: 'target',
  categories: ['value-mismatch'],
  codes: ['NEGATION_LOST'],
  cannotSee: 'denials in narrative text, and those of formats other than FHIR, C-CDA and HL7 v2',
};
const STATUS_FLATTENED: Check = {
  ...PACK,
  id: 'status-flattened',
  method: 'original',
  categories: ['value-mismatch'],
  codes: ['STATUS_FLATTENED'],
  cannotSee: 'one statement that came to hold while another of the same item and kind no longer does',
};
const CODE_SYSTEM_LOST: Check = {
  ...PACK,
  id: 'code-system-lost',
  method: 'target',
  categories: ['code-translation-mismatch'],
  codes: ['CODE_SYSTEM_LOST', 'CODES_LOST'],
  cannotSee: 'a system that was named wrongly already at the source',
};
const STRUCTURE_LOST: Check = {
  ...PACK,
  id: 'structure-lost',
  method: 'original',
  categories: ['code-translation-mismatch'],
  codes: ['STRUCTURE_LOST', 'STRUCTURED_AS_DOCUMENT'],
  cannotSee: 'structure that the source keeps in a format that is not read, and tables whose columns nothing names',
};
const BINARY_LOST: Check = {
  ...PACK,
  id: 'binary-lost',
  method: 'original',
  categories: ['attachment-not-found'],
  codes: ['BINARY_LOST', 'BINARIES_LOST'],
  cannotSee: 'a link that leads nowhere, and content that is that of another document',
};
const AUTHORSHIP_REPLACED: Check = {
  ...PACK,
  id: 'authorship-replaced',
  method: 'target',
  categories: ['value-mismatch', 'timestamp-shift'],
  codes: ['AUTHOR_REPLACED', 'TIME_REPLACED'],
  cannotSee: 'an author put in place of another who is not named as a program or a migration',
};
const HISTORY_LOST: Check = {
  ...PACK,
  id: 'access-history-lost',
  method: 'original',
  categories: ['missing-record'],
  codes: ['HISTORY_LOST'],
  cannotSee: 'access logs that no dataset of the plan holds; the survey shows what was left unclaimed',
};

export const SILENT_LOSS: readonly Check[] = [
  NEGATION_LOST,
  STATUS_FLATTENED,
  CODE_SYSTEM_LOST,
  STRUCTURE_LOST,
  BINARY_LOST,
  AUTHORSHIP_REPLACED,
  HISTORY_LOST,
];

export interface Loss {
  readonly category: Category;
  readonly code: string;
  /** The kind or element concerned. */
  readonly field: string;
  readonly message: string;
}

/** What the lineage made of an item, held against what the item states. */
export function lossesOf(original: LossFacts, made: LossFacts): readonly Loss[] {
  const losses: Loss[] = STATED_KINDS.flatMap((kind) => ofKind(kind, original, made));
  const documents = original.documents - made.documents;
  if (documents > 0 && made.documents > 0) {
    losses.push(loss('attachment-not-found', 'BINARIES_LOST', 'attachment', `${documents} documents without content`));
  }
  if (original.history > 0 && made.history === 0) {
    const message = `${original.history} records of who looked at or changed something reach no target`;
    losses.push(loss('missing-record', 'HISTORY_LOST', 'AuditEvent', message));
  }
  return losses;
}

/** Kinds a lineage leaves out whole, its loss report tells of. */
function ofKind(kind: (typeof STATED_KINDS)[number], original: LossFacts, made: LossFacts): readonly Loss[] {
  const [before, after] = [original.stated.get(kind), made.stated.get(kind)];
  if (before === undefined) return [];
  if (after === undefined) {
    if (made.documents <= original.documents) return [];
    const message = `${before.count} statements are only in a document`;
    return [loss('code-translation-mismatch', 'STRUCTURED_AS_DOCUMENT', kind, message)];
  }
  const losses: Loss[] = [];
  if (after.holding > before.holding) {
    const message = `${after.holding - before.holding} statements hold that were denied, withdrawn or over`;
    losses.push(loss('value-mismatch', 'STATUS_FLATTENED', kind, message));
  }
  if (after.count >= before.count && after.coded < before.coded) {
    const message = `${before.coded - after.coded} statements lost their code or its system`;
    losses.push(loss('code-translation-mismatch', 'CODES_LOST', kind, message));
  }
  return losses;
}

export function loss(category: Category, code: string, field: string, message: string): Loss {
  return { category, code, field, message };
}

/** Differences that only show what a loss of the same element says are left out. */
export function withoutEchoes<Fault extends { readonly field: string }>(
  faults: readonly Fault[],
  losses: readonly Loss[],
): readonly Fault[] {
  const told = new Set(losses.map(({ field }) => elementOf(field)));
  return faults.filter(({ field }) => !told.has(elementOf(field)));
}
