/** Doing the same about every open exception of a cause: asked for here, done by a job that tells how far it is. */
import 'reflect-metadata';
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { DateTime, type RequestContext, requireRole, UserError, userErrors } from '../../../runtime/request.ts';
import type { GroupWish } from '../domain/group-act.ts';
import { findGroupAct, type GroupAct } from '../store/group-acts.ts';
import { askForGroupAct } from '../work/act-on-group.ts';
import type { House } from '../work/house.ts';

@ObjectType('ExceptionGroupAct', { description: 'How far it is. What is refused stays as it was.' })
export abstract class GroupActType {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => ID)
  abstract readonly causeId: string;

  @Field(() => String, { description: 'recheck, assign or propose-waiver.' })
  abstract readonly act: string;

  @Field(() => String)
  abstract readonly actor: string;

  @Field(() => DateTime)
  abstract readonly askedAt: string;

  @Field(() => DateTime, { nullable: true, description: 'Null while it is being done.' })
  abstract readonly endedAt: string | null;

  @Field(() => Int, { description: 'Open when it was asked.' })
  abstract readonly total: number;

  @Field(() => Int, { description: 'To how many it was done; of a re-check, those that closed.' })
  abstract readonly done: number;

  @Field(() => Int, { description: 'How many refused it; of a re-check, those that stay open.' })
  abstract readonly refused: number;
}

@InputType()
export abstract class RecheckCauseInput {
  @Field(() => ID)
  abstract readonly causeId: string;
}

@InputType()
export abstract class AssignCauseInput extends RecheckCauseInput {
  @Field(() => String, { description: 'Who answers for them from now on.' })
  abstract readonly owner: string;
}

@InputType()
export abstract class ProposeCauseWaiversInput extends RecheckCauseInput {
  @Field(() => String, { description: 'Why the risk is accepted; never patient data.' })
  abstract readonly reason: string;

  @Field(() => DateTime)
  abstract readonly expiresAt: Date;
}

@ObjectType()
export class GroupActPayload {
  @Field(() => GroupActType, { nullable: true })
  readonly groupAct: GroupActType | null = null;

  @Field(() => [UserError])
  readonly userErrors: readonly UserError[] = [];
}

@Resolver()
export class CauseMutations {
  readonly house: House;

  constructor(house: House) {
    this.house = house;
  }

  @Mutation(() => GroupActPayload, { description: 'Closes those that agree now; each of them is looked at.' })
  recheckCause(
    @Arg('input', () => RecheckCauseInput) { causeId }: RecheckCauseInput,
    @Ctx() request: RequestContext,
  ): Promise<GroupActPayload> {
    return this.#ask(request, causeId, { kind: 'recheck' });
  }

  @Mutation(() => GroupActPayload)
  assignCause(
    @Arg('input', () => AssignCauseInput) { causeId, owner }: AssignCauseInput,
    @Ctx() request: RequestContext,
  ): Promise<GroupActPayload> {
    return this.#ask(request, causeId, { kind: 'assign', owner });
  }

  @Mutation(() => GroupActPayload, { description: 'One waiver for each; somebody else approves them.' })
  proposeCauseWaivers(
    @Arg('input', () => ProposeCauseWaiversInput) { causeId, reason, expiresAt }: ProposeCauseWaiversInput,
    @Ctx() request: RequestContext,
  ): Promise<GroupActPayload> {
    return this.#ask(request, causeId, { kind: 'propose-waiver', reason, expiresAt: expiresAt.toISOString() });
  }

  @Query(() => GroupActType, { nullable: true })
  async exceptionGroupAct(@Arg('id', () => ID) id: string): Promise<GroupActType | null> {
    const act = await this.house.store.read((em) => findGroupAct(em, id));
    return act === null ? null : groupActView(act);
  }

  async #ask(request: RequestContext, causeId: string, wish: GroupWish): Promise<GroupActPayload> {
    const actor = requireRole(request, 'operator', 'reviewer');
    const asked = await askForGroupAct(this.house, causeId, wish, actor);
    if (!asked.ok) return Object.assign(new GroupActPayload(), { userErrors: userErrors(asked.refusals) });
    return Object.assign(new GroupActPayload(), { groupAct: groupActView(asked.value) });
  }
}

function groupActView({ wish, endedAt = null, ...act }: GroupAct): GroupActType {
  const { id, causeId, actor, askedAt, total, done, refused } = act;
  return { id, causeId, act: wish.kind, actor, askedAt, endedAt, total, done, refused };
}
