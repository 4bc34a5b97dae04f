/** What inventory shows of systems and of the ways into them. */
import 'reflect-metadata';
import { Directive, Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { DateTime, JsonScalar } from '../../../runtime/request.ts';

export const SystemRoles = {
  SOURCE: 'source',
  TARGET: 'target',
  ANCILLARY: 'ancillary',
  REPORTING: 'reporting',
} as const;
registerEnumType(SystemRoles, { name: 'SystemRole', description: 'What a system is to a migration.' });

@ObjectType({ description: 'A code and words: what is in the way, and what would help.' })
export abstract class Obstacle {
  @Field(() => String)
  abstract readonly code: string;

  @Field(() => String)
  abstract readonly reason: string;
}

@ObjectType({ description: 'A way into a system.' })
export abstract class Endpoint {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String)
  abstract readonly label: string;

  @Field(() => String, { description: 'The id of the connector.' })
  abstract readonly connector: string;

  @Field(() => DateTime, { nullable: true })
  abstract readonly checkedAt: string | null;

  @Field(() => JsonScalar, { nullable: true, description: 'What the connector negotiated when it last answered.' })
  abstract readonly negotiated: Readonly<Record<string, string>> | null;

  @Field(() => Obstacle, { nullable: true })
  abstract readonly problem?: Obstacle | null;
}

@Directive('@key(fields: "id")')
@ObjectType({ description: 'An EHR or archive at one end of a migration, or another system in its scope.' })
export abstract class System {
  @Field(() => ID)
  abstract readonly id: string;

  @Field(() => String)
  abstract readonly name: string;

  @Field(() => SystemRoles)
  abstract readonly role: string;

  @Field(() => String, { nullable: true })
  abstract readonly vendor: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly product: string | null;

  @Field(() => String, { nullable: true })
  abstract readonly version: string | null;

  @Field(() => String, { nullable: true, description: 'The network or security zone it stands in.' })
  abstract readonly zone: string | null;

  @Field(() => String, { nullable: true, description: 'Who answers for it.' })
  abstract readonly owner: string | null;

  @Field(() => [Endpoint], { description: 'The ways into it; none where nothing moves.' })
  abstract readonly endpoints?: readonly Endpoint[];
}
