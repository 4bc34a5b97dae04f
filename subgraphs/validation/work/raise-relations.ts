/** Raises an exception for each relationship that is wrong; its id is derived in the migration: it crosses datasets. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { brokenPromise } from '../../../kernel/fault.ts';
import type { Id } from '../../../kernel/id.ts';
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
}

export async function raiseRelations(db: DuckDBConnection, raiser: Raiser, of: RelationsToRaise): Promise<void> {
  const { migrationId, cohorts, files, reach } = of;
  for await (const relation of findRelations(db, files, migrationId, reach)) {
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
