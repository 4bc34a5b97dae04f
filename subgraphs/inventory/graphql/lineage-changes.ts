/** What changed between two versions of a lineage map. */
import 'reflect-metadata';
import { GraphQLError } from 'graphql';
import { Arg, FieldResolver, Resolver, Root } from 'type-graphql';
import { Sha256Scalar } from '../../../runtime/request.ts';
import type { InventoryContext } from '../work/context.ts';
import { lineageChanges, type LineageVersion as Version } from '../work/lineage-versions.ts';
import { LineageChange, LineageVersion } from './lineage-types.ts';

@Resolver(() => LineageVersion)
export class LineageChanges {
  readonly #inventory: InventoryContext;

  constructor(inventory: InventoryContext) {
    this.#inventory = inventory;
  }

  @FieldResolver(() => [LineageChange], { description: 'Since another version of the same dataset, in words.' })
  async changes(
    @Root() { datasetId, digest }: Version,
    @Arg('from', () => Sha256Scalar) from: string,
  ): Promise<readonly object[]> {
    const changes = await lineageChanges(this.#inventory, { datasetId, digest, from });
    if (changes !== undefined) return changes;
    const message = 'the dataset was never declared with that map: take a digest of its lineageVersions';
    throw new GraphQLError(message, { extensions: { code: 'LINEAGE_UNKNOWN' } });
  }
}
