/** A migration: one plan under one name, with the policy and the lineage maps it was declared with. */
import { canonicalJson } from '../../../kernel/canonical-json.ts';
import { sha256, type Sha256 } from '../../../kernel/digest.ts';
import { derivedId, type Id } from '../../../kernel/id.ts';
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';

/** The documents a declaration seals; `lineages` has one entry for each dataset, null for pass-through. */
export interface SealedDocuments {
  readonly plan: Sha256;
  readonly policy: Sha256;
  readonly lineages: readonly (Sha256 | null)[];
}

export function migrationIdOf(name: string): Id {
  return derivedId('mig', name);
}

export function datasetIdOf(migrationId: Id, name: string): Id {
  return derivedId('ds', migrationId, name);
}

/** Covers every word of the plan, the policy and the lineage maps: another content is another declaration. */
export function declarationDigest(documents: SealedDocuments): Sha256 {
  return sha256(canonicalJson({ ...documents }));
}

export interface Declared {
  readonly declaration: Sha256;
  readonly isLaunched: boolean;
}

/** Says what declaring means: a new migration, the same again, or another content in the place of one not launched. */
export function decideDeclaration(
  name: string,
  before: Declared | undefined,
  declaration: Sha256,
): Outcome<'new' | 'same' | 'replacement'> {
  if (before === undefined) return granted('new');
  if (before.declaration === declaration) return granted('same');
  if (!before.isLaunched) return granted('replacement');
  return refused({
    code: 'MIGRATION_LAUNCHED',
    message: `the migration ${name} was launched with another plan, policy or lineage map`,
    field: ['migration'],
    remedy: 'declare the changed plan under another name, or go on with the plan as it was',
  });
}
