/** What people do about exceptions: assign, have looked at again, waive by two. */
import 'reflect-metadata';
import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Outcome } from '../../../kernel/refusal.ts';
import { type RequestContext, requireRole, userErrors } from '../../../runtime/request.ts';
import type { ReconciliationException } from '../domain/exception.ts';
import {
  approveExceptionWaiver,
  assignException,
  commentException,
  proposeExceptionWaiver,
  recheckException,
} from '../work/act-on-exception.ts';
import type { House } from '../work/house.ts';
import {
  ApproveWaiverInput,
  ApproveWaiverPayload,
  AssignExceptionInput,
  AssignExceptionPayload,
  CommentExceptionInput,
  CommentExceptionPayload,
  ProposeWaiverInput,
  ProposeWaiverPayload,
  RecheckExceptionInput,
  RecheckExceptionPayload,
} from './inputs.ts';
import { exceptionView } from './views.ts';

/** A re-check reads one thing, or lists what it may be among. */
const RECHECK_DEADLINE_MS = 10 * 60_000;

@Resolver()
export class ExceptionMutations {
  readonly house: House;

  constructor(house: House) {
    this.house = house;
  }

  @Mutation(() => AssignExceptionPayload)
  async assignException(
    @Arg('input', () => AssignExceptionInput) { exceptionId, owner }: AssignExceptionInput,
    @Ctx() request: RequestContext,
  ): Promise<AssignExceptionPayload> {
    const actor = requireRole(request, 'operator', 'reviewer');
    const acted = await assignException(this.house, exceptionId, owner, actor);
    return Object.assign(new AssignExceptionPayload(), this.#answer(acted, request));
  }

  @Mutation(() => CommentExceptionPayload, { description: 'Adds words to its history.' })
  async commentException(
    @Arg('input', () => CommentExceptionInput) { exceptionId, text }: CommentExceptionInput,
    @Ctx() request: RequestContext,
  ): Promise<CommentExceptionPayload> {
    const actor = requireRole(request, 'operator', 'reviewer', 'approver');
    const acted = await commentException(this.house, exceptionId, text, actor);
    return Object.assign(new CommentExceptionPayload(), this.#answer(acted, request));
  }

  @Mutation(() => RecheckExceptionPayload, { description: 'Closes it when the data agrees now.' })
  async recheckException(
    @Arg('input', () => RecheckExceptionInput) { exceptionId }: RecheckExceptionInput,
    @Ctx() request: RequestContext,
  ): Promise<RecheckExceptionPayload> {
    const actor = requireRole(request, 'operator', 'reviewer');
    const signal = AbortSignal.timeout(RECHECK_DEADLINE_MS);
    const acted = await recheckException(this.house, exceptionId, actor, signal);
    return Object.assign(new RecheckExceptionPayload(), this.#answer(acted, request));
  }

  @Mutation(() => ProposeWaiverPayload)
  async proposeWaiver(
    @Arg('input', () => ProposeWaiverInput) { exceptionId, reason, expiresAt }: ProposeWaiverInput,
    @Ctx() request: RequestContext,
  ): Promise<ProposeWaiverPayload> {
    const actor = requireRole(request, 'operator', 'reviewer');
    const acted = await proposeExceptionWaiver(this.house, exceptionId, { reason, expiresAt }, actor);
    const exception: Outcome<ReconciliationException> = acted.ok ? { ok: true, value: acted.value.exception } : acted;
    const digest = acted.ok ? acted.value.digest : null;
    return Object.assign(new ProposeWaiverPayload(), { ...this.#answer(exception, request), digest });
  }

  /** Others may try, and are refused on record: who may approve is a rule of the domain. */
  @Mutation(() => ApproveWaiverPayload)
  async approveWaiver(
    @Arg('input', () => ApproveWaiverInput) { digest }: ApproveWaiverInput,
    @Ctx() request: RequestContext,
  ): Promise<ApproveWaiverPayload> {
    const actor = requireRole(request, 'approver', 'operator', 'reviewer');
    const acted = await approveExceptionWaiver(this.house, digest, actor);
    return Object.assign(new ApproveWaiverPayload(), this.#answer(acted, request));
  }

  #answer(acted: Outcome<ReconciliationException>, { actor }: RequestContext) {
    if (!acted.ok) return { exception: null, userErrors: userErrors(acted.refusals) };
    const onlooker = { actor, now: this.house.clock.now(), key: this.house.keys.record };
    return { exception: exceptionView(acted.value, onlooker), userErrors: [] };
  }
}
