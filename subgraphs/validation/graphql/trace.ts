/** Where an exception comes from, in one answer; and showing it unmasked, which is recorded. */
import 'reflect-metadata';
import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { ROLES } from '../../../kernel/actor.ts';
import { type RequestContext, requireRole, Sha256Scalar, UserError, userErrors } from '../../../runtime/request.ts';
import { exceptionOf, findException } from '../store/exceptions.ts';
import type { House } from '../work/house.ts';
import { revealException } from '../work/reveal-exception.ts';
import { type ExceptionTrace, traceException } from '../work/trace-exception.ts';
import { ExceptionType } from './exception-type.ts';
import { exceptionView } from './views.ts';

const TRACE_DEADLINE_MS = 60_000;

@ObjectType('ExceptionTraceSource', { description: 'A source value by where it stands.' })
export abstract class TraceSourceType {
  @Field(() => String)
  abstract readonly path: string;

  @Field(() => String)
  abstract readonly position: string;

  @Field(() => String, { description: 'Keyed (HMAC-SHA-256), by the key of the house.' })
  abstract readonly digest: string;

  @Field(() => String, { description: 'Letters as A and a, digits as 9, unless it is revealed.' })
  abstract readonly text: string;
}

@ObjectType('ExceptionTrace', {
  description: 'From the source value to the target value. Values are masked unless revealed.',
})
export abstract class TraceType {
  @Field(() => ExceptionType)
  abstract readonly exception: ExceptionType;

  @Field(() => Sha256Scalar, { nullable: true, description: 'Of the original item in the strongroom.' })
  abstract readonly originalSha256: string | null;

  @Field(() => Int, { nullable: true })
  abstract readonly originalBytes: number | null;

  @Field(() => String, { nullable: true, description: 'The beginning of an original that no rule reads.' })
  abstract readonly excerpt: string | null;

  @Field(() => String, { nullable: true, description: 'Name and version of the lineage map.' })
  abstract readonly map: string | null;

  @Field(() => String, { nullable: true, description: 'Where the rule stands in the map.' })
  abstract readonly rule: string | null;

  @Field(() => String, { nullable: true, description: 'What the rule does: copy, date, code, ...' })
  abstract readonly transform: string | null;

  @Field(() => [TraceSourceType], {
    description: 'What the rule read; what the key was made of where no rule is known.',
  })
  abstract readonly sources: readonly TraceSourceType[];

  @Field(() => String, { nullable: true, description: 'Canonical JSON of the element, or of the record.' })
  abstract readonly expected: string | null;

  @Field(() => [String], { description: 'What the target holds: one for each copy.' })
  abstract readonly actual: readonly string[];

  @Field(() => String, { nullable: true, description: 'The code of what kept the target from being read.' })
  abstract readonly targetProblem: string | null;
}

@InputType()
export abstract class RevealExceptionInput {
  @Field(() => ID)
  abstract readonly exceptionId: string;

  @Field(() => String, {
    description: 'Why patient data has to be seen; kept in the history. Never patient data itself.',
  })
  abstract readonly reason: string;
}

@ObjectType()
export class RevealExceptionPayload {
  @Field(() => TraceType, { nullable: true })
  readonly trace: TraceType | null = null;

  @Field(() => [UserError])
  readonly userErrors: readonly UserError[] = [];
}

@Resolver()
export class TraceQueries {
  readonly house: House;

  constructor(house: House) {
    this.house = house;
  }

  @Query(() => TraceType, { nullable: true, description: 'Masked: what is wrong can be seen, and about whom cannot.' })
  async exceptionTrace(@Arg('id', () => ID) id: string, @Ctx() request: RequestContext): Promise<TraceType | null> {
    requireRole(request, 'operator', 'reviewer', 'approver', 'auditor');
    const row = await this.house.store.read((em) => findException(em, id));
    if (row === null) return null;
    const signal = AbortSignal.timeout(TRACE_DEADLINE_MS);
    return this.#view(await traceException(this.house, exceptionOf(row), 'masked', signal), request);
  }

  @Mutation(() => RevealExceptionPayload, { description: 'The same unmasked, for operators and reviewers; recorded.' })
  async revealException(
    @Arg('input', () => RevealExceptionInput) { exceptionId, reason }: RevealExceptionInput,
    @Ctx() request: RequestContext,
  ): Promise<RevealExceptionPayload> {
    const actor = requireRole(request, ...ROLES);
    const signal = AbortSignal.timeout(TRACE_DEADLINE_MS);
    const revealed = await revealException(this.house, exceptionId, reason, actor, signal);
    const answer = revealed.ok
      ? { trace: this.#view(revealed.value, request) }
      : { userErrors: userErrors(revealed.refusals) };
    return Object.assign(new RevealExceptionPayload(), answer);
  }

  #view({ exception, item, map, ...rest }: ExceptionTrace, { actor }: RequestContext): TraceType {
    const onlooker = { actor, now: this.house.clock.now(), key: this.house.keys.record };
    return {
      ...rest,
      exception: exceptionView(exception, onlooker),
      originalSha256: item?.sha256 ?? null,
      originalBytes: item?.sizeBytes ?? null,
      map: map === null ? null : `${map.name} ${map.version}`,
    };
  }
}
