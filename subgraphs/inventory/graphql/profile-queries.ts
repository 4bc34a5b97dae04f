/** Questions about profiles, and asking for them. */
import 'reflect-metadata';
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Resolver, Root } from 'type-graphql';
import { BigIntScalar, type RequestContext, userErrors } from '../../../runtime/request.ts';
import { isCurrent } from '../domain/profile.ts';
import { findDataset, findMigration } from '../store/find.ts';
import { countProfiles, pageOfProfiles } from '../store/profile-rows.ts';
import type * as rows from '../store/tables.ts';
import type { InventoryContext } from '../work/context.ts';
import { profileMigration } from '../work/profile-migration.ts';
import {
  fieldsOf,
  findingsIn,
  pageAfter,
  type ShownField,
  type ShownFinding,
  type ShownProfile,
  shownProfile,
} from '../work/read-profile.ts';
import { admit } from './admit.ts';
import { type Connection, connectionOf, connectionType, PAGE_ROWS_DEFAULT, rowsToRead } from './connection.ts';
import {
  DatasetProfile,
  NamedCount,
  ProfiledField,
  ProfileFinding,
  ProfileMigrationInput,
  ProfileMigrationPayload,
} from './profile-types.ts';
import { Obstacle } from './system-types.ts';
import { Dataset, Migration } from './types.ts';

const DatasetProfileConnection = connectionType<DatasetProfile>('DatasetProfile', () => DatasetProfile);
const ProfiledFieldConnection = connectionType<ProfiledField>('ProfiledField', () => ProfiledField);
const ProfileFindingConnection = connectionType<ProfileFinding>('ProfileFinding', () => ProfileFinding);

@Resolver(() => Migration)
export class ProfileQueries {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @FieldResolver(() => DatasetProfileConnection, { description: 'The last profile of each dataset that has one.' })
  async profiles(
    @Root() { id: migrationId }: rows.Migration,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
    @Arg('datasetId', () => ID, { nullable: true }) datasetId?: string | null,
  ): Promise<Connection<ShownProfile>> {
    const filter = { migrationId, datasetId: datasetId ?? undefined };
    return this.#inventory.store.read(async (em) => {
      const page = await pageOfProfiles(em, filter, rowsToRead(first), after);
      const shown = page.map((row) => shownProfile(this.#inventory, row));
      return connectionOf(shown, first, await countProfiles(em, filter), after);
    });
  }
}

@Resolver(() => DatasetProfile)
export class DatasetProfileQueries {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @FieldResolver(() => Dataset, { nullable: true })
  dataset(@Root() { datasetId }: ShownProfile): Promise<rows.Dataset | null> {
    return this.#inventory.store.read((em) => findDataset(em, datasetId));
  }

  @FieldResolver(() => Boolean)
  async current(@Root() profile: ShownProfile): Promise<boolean> {
    const dataset = await this.dataset(profile);
    return dataset !== null && isCurrent(profile, dataset);
  }

  @FieldResolver(() => [NamedCount])
  async kinds(@Root() { sealed }: ShownProfile): Promise<readonly NamedCount[]> {
    return ((await sealed())?.kinds ?? []).map(({ kind, records }) => ({ name: kind, count: records }));
  }

  @FieldResolver(() => BigIntScalar)
  async overflowValues(@Root() { sealed }: ShownProfile): Promise<number> {
    return (await sealed())?.overflow.values ?? 0;
  }

  @FieldResolver(() => [NamedCount])
  async unread(@Root() { sealed }: ShownProfile): Promise<readonly NamedCount[]> {
    return Object.entries((await sealed())?.unread ?? {}).map(([name, { count }]) => ({ name, count }));
  }

  @FieldResolver(() => ProfiledFieldConnection, { description: 'By kind and path.' })
  async fields(
    @Root() profile: ShownProfile,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<Connection<ShownField>> {
    const all = await fieldsOf(profile);
    return connectionOf(pageAfter(all, rowsToRead(first), after), first, all.length, after);
  }

  @FieldResolver(() => ProfileFindingConnection, { description: 'The gravest first.' })
  async findings(
    @Root() profile: ShownProfile,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<Connection<ShownFinding>> {
    const all = await findingsIn(profile);
    return connectionOf(pageAfter(all, rowsToRead(first), after), first, all.length, after);
  }

  @FieldResolver(() => Obstacle, { nullable: true })
  problem(@Root() { problemCode, problemReason }: ShownProfile): Obstacle | null {
    return problemCode === null ? null : { code: problemCode, reason: problemReason ?? '' };
  }
}

@Resolver()
export class ProfileMutations {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @Mutation(() => ProfileMigrationPayload, { description: 'Reads every record once; watch profiles. Moves nothing.' })
  async profileMigration(
    @Arg('input', () => ProfileMigrationInput) { migrationId, datasetId }: ProfileMigrationInput,
    @Ctx() request: RequestContext,
  ): Promise<object> {
    const act = { action: 'profile-requested', subject: datasetId ?? migrationId };
    const actor = await admit(this.#inventory, request, act, 'operator');
    const asked = { migrationId, datasetId: datasetId ?? undefined };
    const outcome = await profileMigration(this.#inventory, asked, actor);
    if (!outcome.ok) return { migration: null, userErrors: userErrors(outcome.refusals) };
    const migration = await this.#inventory.store.read((em) => findMigration(em, { id: migrationId }));
    return { migration, userErrors: [] };
  }
}
