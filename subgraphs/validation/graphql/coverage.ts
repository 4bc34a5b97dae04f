/** The coverage matrix and its signatures, over the graph. */
import 'reflect-metadata';
import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { type RequestContext, requireRole, userErrors } from '../../../runtime/request.ts';
import type { CoverageRow } from '../domain/coverage.ts';
import { VALIDATION_METHODS } from '../domain/methods.ts';
import { findMigration } from '../store/copies.ts';
import { coverageOf, risksOf } from '../work/coverage.ts';
import type { House } from '../work/house.ts';
import { signOff } from '../work/sign-off.ts';
import {
  CoverageRowType,
  RiskCoverageType,
  SignOffMigrationInput,
  SignOffMigrationPayload,
  ValidationMethodType,
} from './coverage-types.ts';
import { Migration } from './entity-types.ts';
import { assuranceView } from './views.ts';

@Resolver(() => Migration)
export class MigrationCoverage {
  readonly house: House;

  constructor(house: House) {
    this.house = house;
  }

  @FieldResolver(() => [CoverageRowType], { nullable: true, description: 'A line a dataset, as it is now.' })
  coverage(@Root() { id }: Migration): Promise<readonly CoverageRowType[] | null> {
    return this.house.store.read(async (em) => {
      const migration = await findMigration(em, id);
      return migration === null ? null : (await coverageOf(this.house, em, migration)).map(rowView);
    });
  }

  @FieldResolver(() => [RiskCoverageType], {
    nullable: true,
    description: 'A line a category of risk, none left out, as it is now.',
  })
  riskCoverage(@Root() { id }: Migration): Promise<readonly RiskCoverageType[] | null> {
    return this.house.store.read(async (em) => {
      const migration = await findMigration(em, id);
      if (migration === null) return null;
      return risksOf(this.house, em, migration, await coverageOf(this.house, em, migration));
    });
  }

  @Query(() => [ValidationMethodType], { description: 'The catalogue of methods.' })
  validationMethods(): readonly ValidationMethodType[] {
    return VALIDATION_METHODS;
  }

  /** Operators may try, and are refused on record: who may sign is a rule of the domain. */
  @Mutation(() => SignOffMigrationPayload, { description: 'A role accepts what arrived, or does not.' })
  async signOffMigration(
    @Arg('input', () => SignOffMigrationInput) { migrationId, ...signature }: SignOffMigrationInput,
    @Ctx() request: RequestContext,
  ): Promise<SignOffMigrationPayload> {
    const actor = requireRole(request, 'reviewer', 'operator', 'approver');
    const signed = await signOff(this.house, migrationId, signature, actor);
    if (!signed.ok) return { signOff: null, userErrors: userErrors(signed.refusals) };
    const { role, decision: state, signedBy, signedAt } = signed.value;
    return { signOff: { role, state, signedBy, signedAt }, userErrors: [] };
  }
}

function rowView(row: CoverageRow): CoverageRowType {
  const { datasetId, dataset, exceptionsOpen, assurance, ...rest } = row;
  const open = Object.values(exceptionsOpen).reduce((sum, count) => sum + count, 0);
  return {
    ...rest,
    dataset: { id: datasetId },
    name: dataset,
    assurance: assuranceView(assurance),
    exceptionsOpen: open,
  };
}
