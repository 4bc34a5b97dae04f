/** Remedies over the graph: asked for here; the batch that moves the items is launched as any other. */
import 'reflect-metadata';
import { Arg, Ctx, Field, FieldResolver, ID, InputType, Int, Mutation, ObjectType } from 'type-graphql';
import { registerEnumType, Resolver, Root } from 'type-graphql';
import type { Sha256 } from '../../../kernel/digest.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import {
  DateTime,
  type RequestContext,
  requireRole,
  Sha256Scalar,
  UserError,
  userErrors,
} from '../../../runtime/request.ts';
import type { RemedyState } from '../domain/remedy.ts';
import { type Remedy, remediesOf } from '../store/remedies.ts';
import type { House } from '../work/house.ts';
import { cancelRemedy, proposeRemedy } from '../work/propose-remedy.ts';
import { Batch, Migration } from './entity-types.ts';

export const REMEDY_STATE = {
  PROPOSED: 'proposed',
  MOVED: 'moved',
  ENDED: 'ended',
  CANCELLED: 'cancelled',
} as const satisfies Record<string, RemedyState>;
registerEnumType(REMEDY_STATE, {
  name: 'RemedyState',
  description: 'MOVED: its items were moved again. ENDED: its exceptions were looked at again since.',
});

@ObjectType('Remedy', { description: 'Items of a batch that are moved again, because of what was found about them.' })
export class RemedyType {
  @Field(() => ID)
  readonly id: string = '';

  @Field(() => REMEDY_STATE)
  readonly state: RemedyState = 'proposed';

  @Field(() => Batch, { description: 'The batch that moves them; it is launched as any other.' })
  readonly batch: Batch = new Batch();

  @Field(() => Batch, { description: 'The batch they were moved with before.' })
  readonly remedyOf: Batch = new Batch();

  @Field(() => Int)
  readonly exceptions: number = 0;

  @Field(() => Int)
  readonly items: number = 0;

  @Field(() => String)
  readonly reason: string = '';

  @Field(() => Sha256Scalar, {
    nullable: true,
    description: 'The corrected map they move by; null: that of their batch.',
  })
  readonly lineage: Sha256 | null = null;

  @Field(() => String)
  readonly proposedBy: string = '';

  @Field(() => DateTime)
  readonly proposedAt: string = '';

  @Field(() => Int, { nullable: true, description: 'Of its exceptions those that agree now; null before it is ended.' })
  readonly closed: number | null = null;

  @Field(() => Int, { nullable: true, description: 'Those that stay open.' })
  readonly left: number | null = null;
}

@InputType()
export abstract class ProposeRemedyInput {
  @Field(() => [ID], { nullable: true, description: 'Open exceptions about items of one batch.' })
  abstract readonly exceptionIds?: readonly string[] | null;

  @Field(() => ID, { nullable: true, description: 'Instead of them: every open exception of the cause.' })
  abstract readonly causeId?: string | null;

  @Field(() => String, { description: 'What was put right; never patient data.' })
  abstract readonly reason: string;

  @Field(() => String, {
    nullable: true,
    description: 'Where a rule was wrong: the text of the lineage map, corrected.',
  })
  abstract readonly lineage?: string | null;
}

@InputType()
export abstract class CancelRemedyInput {
  @Field(() => ID)
  abstract readonly remedyId: string;
}

@ObjectType()
export class RemedyPayload {
  @Field(() => RemedyType, { nullable: true })
  readonly remedy: RemedyType | null = null;

  @Field(() => [UserError])
  readonly userErrors: readonly UserError[] = [];
}

const REMEDIES_SHOWN_MAX = 1_000;

@Resolver(() => Migration)
export class Remedies {
  readonly house: House;

  constructor(house: House) {
    this.house = house;
  }

  @FieldResolver(() => [RemedyType], { description: 'The newest first, up to 1,000.' })
  async remedies(@Root() { id }: Migration): Promise<readonly RemedyType[]> {
    const rows = await this.house.store.read((em) => remediesOf(em, id, REMEDIES_SHOWN_MAX));
    return rows.map(remedyView);
  }

  @Mutation(() => RemedyPayload, { description: 'Plans a batch of the items of these exceptions.' })
  async proposeRemedy(
    @Arg('input', () => ProposeRemedyInput) { exceptionIds, causeId, reason, lineage }: ProposeRemedyInput,
    @Ctx() request: RequestContext,
  ): Promise<RemedyPayload> {
    const actor = requireRole(request, 'operator');
    const wish = {
      exceptionIds: exceptionIds ?? undefined,
      causeId: causeId ?? undefined,
      reason,
      lineage: lineage ?? undefined,
    };
    return answer(await proposeRemedy(this.house, wish, actor));
  }

  @Mutation(() => RemedyPayload, { description: 'Takes back a remedy that is not launched.' })
  async cancelRemedy(
    @Arg('input', () => CancelRemedyInput) { remedyId }: CancelRemedyInput,
    @Ctx() request: RequestContext,
  ): Promise<RemedyPayload> {
    return answer(await cancelRemedy(this.house, remedyId, requireRole(request, 'operator')));
  }
}

function answer(done: Outcome<Remedy>): RemedyPayload {
  const told = done.ok ? { remedy: remedyView(done.value) } : { userErrors: userErrors(done.refusals) };
  return Object.assign(new RemedyPayload(), told);
}

function remedyView({ remedyOf, lineage = null, closed = null, left = null, ...row }: Remedy): RemedyType {
  const { id, state, exceptions, items, reason, proposedBy, proposedAt } = row;
  return Object.assign(new RemedyType(), {
    ...{ id, state, exceptions, items, reason, lineage, proposedBy, proposedAt, closed, left },
    batch: { id },
    remedyOf: { id: remedyOf },
  });
}
