/** Who asks, and the value types every subgraph shares. */
import 'reflect-metadata';
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { Directive, Field, ObjectType } from 'type-graphql';
import { type Actor, hasRole, type Role } from '../kernel/actor.ts';
import type { Json } from '../kernel/canonical-json.ts';
import { isSha256 } from '../kernel/digest.ts';
import type { Refusal } from '../kernel/refusal.ts';

/** The GraphQL context in every subgraph, embedded or remote. */
export interface RequestContext {
  /** Nobody in particular when undefined. */
  readonly actor: Actor | undefined;
}

/** The actor, when it holds one of `roles`; otherwise throws UNAUTHENTICATED or FORBIDDEN. */
export function requireRole(context: RequestContext, ...roles: Role[]): Actor {
  const { actor } = context;
  if (actor === undefined) {
    throw new GraphQLError('this needs an identity', { extensions: { code: 'UNAUTHENTICATED' } });
  }
  if (!hasRole(actor, ...roles)) {
    throw new GraphQLError(`this needs the role ${roles.join(' or ')}`, { extensions: { code: 'FORBIDDEN' } });
  }
  return actor;
}

/** Why the rules said no, and what would make it a yes. */
@Directive('@shareable')
@ObjectType()
export class UserError {
  @Field(() => String)
  readonly code: string = '';

  @Field(() => String)
  readonly message: string = '';

  @Field(() => [String], { nullable: true })
  readonly field: readonly string[] | null = null;

  @Field(() => String)
  readonly remedy: string = '';
}

@Directive('@shareable')
@ObjectType()
export class PageInfo {
  @Field(() => Boolean)
  readonly hasNextPage: boolean = false;

  @Field(() => Boolean)
  readonly hasPreviousPage: boolean = false;

  @Field(() => String, { nullable: true })
  readonly startCursor: string | null = null;

  @Field(() => String, { nullable: true })
  readonly endCursor: string | null = null;
}

export function userErrors(refusals: readonly Refusal[]): UserError[] {
  return refusals.map(({ code, message, field, remedy }) =>
    Object.assign(new UserError(), { code, message, remedy, field: field === undefined ? null : [...field] }),
  );
}

/** An instant, RFC 3339 in UTC; rows hold a Date or that text. */
export const DateTime: GraphQLScalarType<Date, string> = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'An instant as RFC 3339 text in UTC, for example 2026-01-31T09:30:00.000Z.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (value) => instantOf(value).toISOString(),
  parseValue: instantOf,
  parseLiteral: (node) => instantOf(textOf(node)),
});

/** A count of bytes or the like, beyond 32 bits; a JSON number as long as it is exact, text beyond. */
export const BigIntScalar: GraphQLScalarType<bigint, number | string> = new GraphQLScalarType<bigint, number | string>({
  name: 'BigInt',
  description: 'A whole number: a JSON number up to 2^53 - 1, decimal text beyond.',
  serialize(value) {
    const whole = wholeOf(value);
    return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole.toString();
  },
  parseValue: wholeOf,
  parseLiteral: (node) => wholeOf(textOf(node)),
});

export const Sha256Scalar: GraphQLScalarType<string, string> = new GraphQLScalarType<string, string>({
  name: 'Sha256',
  description: 'A SHA-256 digest (FIPS 180-4) as 64 lower-case hexadecimal digits.',
  serialize: digestOf,
  parseValue: digestOf,
  parseLiteral: (node) => digestOf(textOf(node)),
});

export const JsonScalar: GraphQLScalarType<Json, Json> = new GraphQLScalarType<Json, Json>({
  name: 'JSON',
  description: 'Any JSON value.',
  serialize: (value) => value as Json,
  parseValue: (value) => value as Json,
  parseLiteral: (node, variables) => jsonOf(node, variables ?? {}),
});

function instantOf(value: unknown): Date {
  const date = value instanceof Date ? value : typeof value === 'string' ? new Date(value) : new Date(Number.NaN);
  if (Number.isNaN(date.getTime())) throw wrong('DateTime wants RFC 3339 text, for example 2026-01-31T09:30:00Z');
  return date;
}

function wholeOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^-?\d{1,30}$/.test(value)) return BigInt(value);
  throw wrong('BigInt wants a whole number');
}

function digestOf(value: unknown): string {
  if (typeof value === 'string' && isSha256(value)) return value;
  throw wrong('Sha256 wants 64 lower-case hexadecimal digits');
}

function jsonOf(node: ValueNode, variables: Readonly<Record<string, unknown>>): Json {
  switch (node.kind) {
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.NULL:
      return null;
    case Kind.LIST:
      return node.values.map((value) => jsonOf(value, variables));
    case Kind.OBJECT:
      return Object.fromEntries(node.fields.map((field) => [field.name.value, jsonOf(field.value, variables)]));
    case Kind.VARIABLE:
      return (variables[node.name.value] ?? null) as Json;
    default:
      return node.value;
  }
}

function textOf(node: ValueNode): string {
  if (node.kind === Kind.STRING || node.kind === Kind.INT) return node.value;
  throw wrong('a scalar was expected here');
}

function wrong(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}
