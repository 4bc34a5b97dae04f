/** Raises an exception for each relationship that is wrong; its id is derived in the migration: it crosses datasets. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
import type { ValidationPolicy } from '../domain/category.ts';
import type { Cohort } from '../domain/exception.ts';
import type { Raiser } from './raise.ts';
import { findRelations, type Reach, type Relation } from './relations.ts';

export interface RelationsToRaise {
  readonly migrationId: Id;
  /** By the dataset's place in the plan. */
  readonly cohorts: ReadonlyMap<number, Cohort>;
  /** Relation lines. */
  readonly files: readonly string[];
  readonly reach: Reach;
  readonly policy: ValidationPolicy;
}

/** For policies that were sealed before they could say it. */
const SAME_PERSON_MIN = 0.95;

export async function raiseRelations(db: DuckDBConnection, raiser: Raiser, of: RelationsToRaise): Promise<void> {
  const { migrationId: scope, cohorts, files, reach, policy } = of;
  const samePersonMin = policy.validation.samePersonProbabilityMin ?? SAME_PERSON_MIN;
  for await (const relation of findRelations(db, files, { scope, reach, samePersonMin })) {
    await raiseRelation(raiser, cohorts, relation);
  }
  await raiser.flush();
}

export async function raiseRelation(
  raiser: Raiser,
  cohorts: RelationsToRaise['cohorts'],
  { found, dataset, items }: Relation,
): Promise<void> {
  const cohort = cohorts.get(dataset);
  if (cohort === undefined) throw brokenPromise('a relation line names a dataset that was never declared');
  await raiser.add({ found, path: null, cohort: { ...cohort, scope: cohort.migrationId }, items });
}
