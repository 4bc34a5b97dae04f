/** Looking at causes: a queue of thousands as a few lines. */
import 'reflect-metadata';
import { Arg, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { findCause } from '../store/causes.ts';
import type { House } from '../work/house.ts';
import { CauseConnection, CauseType } from './cause-type.ts';
import { Migration } from './entity-types.ts';
import { CauseFilter } from './inputs.ts';
import { causePage, PAGE_ROWS_DEFAULT } from './pages.ts';
import { causeView } from './views.ts';

@Resolver(() => Migration)
export class CauseQueries {
  readonly house: House;

  constructor(house: House) {
    this.house = house;
  }

  @Query(() => CauseType, { nullable: true })
  async exceptionCause(@Arg('id', () => ID) id: string): Promise<CauseType | null> {
    const row = await this.house.store.read((em) => findCause(em, id));
    return row === null ? null : causeView(row);
  }

  @FieldResolver(() => CauseConnection, {
    nullable: true,
    description: 'The gravest first: by severity, then by how many are open.',
  })
  exceptionCauses(
    @Root() { id }: Migration,
    @Arg('first', () => Int, { defaultValue: PAGE_ROWS_DEFAULT }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
    @Arg('filter', () => CauseFilter, { nullable: true }) filter?: CauseFilter,
  ): Promise<CauseConnection> {
    const chosen = {
      migrationId: id,
      datasetIds: filter?.dataset?.in,
      categories: filter?.category?.in,
      severities: filter?.severity?.in,
      isOpen: filter?.open === true,
    };
    return causePage(this.house, chosen, { first, after });
  }
}
