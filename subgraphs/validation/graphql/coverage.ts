/** The coverage matrix and its signatures, over the graph. */
import 'reflect-metadata';
import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { type RequestContext, requireRole, userErrors } from '../../../runtime/request.ts';
import type { CoverageRow } from '../domain/coverage.ts';
import { VALIDATION_METHODS } from '../domain/methods.ts';
import { findMigration } from '../store/copies.ts';
import type { Migration as MigrationRow } from '../store/tables.ts';
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

interface Matrix {
  readonly migration: MigrationRow;
  readonly rows: readonly CoverageRow[];
}

@Resolver(() => Migration)
export class MigrationCoverage {
  readonly house: House;
  readonly #underWay = new WeakMap<RequestContext, Map<string, Promise<Matrix | null>>>();

  constructor(house: House) {
    this.house = house;
  }

  @FieldResolver(() => [CoverageRowType], { nullable: true, description: 'A line a dataset, as it is now.' })
  async coverage(
    @Root() { id }: Migration,
    @Ctx() request: RequestContext,
  ): Promise<readonly CoverageRowType[] | null> {
    return (await this.#matrix(id, request))?.rows.map(rowView) ?? null;
  }

  @FieldResolver(() => [RiskCoverageType], {
    nullable: true,
    description: 'A line a category of risk, none left out, as it is now.',
  })
  async riskCoverage(
    @Root() { id }: Migration,
    @Ctx() request: RequestContext,
  ): Promise<readonly RiskCoverageType[] | null> {
    const matrix = await this.#matrix(id, request);
    if (matrix === null) return null;
    return this.house.store.read((em) => risksOf(this.house, em, matrix.migration, matrix.rows));
  }

  /** Both fields are asked for at once: the second one waits for what the first one has begun. */
  #matrix(id: string, request: RequestContext): Promise<Matrix | null> {
    const underWay = this.#underWay.get(request) ?? new Map<string, Promise<Matrix | null>>();
    this.#underWay.set(request, underWay);
    const begun = underWay.get(id);
    if (begun !== undefined) return begun;
    const matrix = this.house.store.read(async (em) => {
      const migration = await findMigration(em, id);
      return migration === null ? null : { migration, rows: await coverageOf(this.house, em, migration) };
    });
    // What is asked later in the life of a stream is worked out anew.
    const promised = matrix.finally(() => underWay.delete(id));
    underWay.set(id, promised);
    return promised;
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
