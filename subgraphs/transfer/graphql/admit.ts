/** At the door of a mutation: who may come in, and a record of those who may not. */
import { GraphQLError } from 'graphql';
import type { Actor, Role } from '../../../kernel/actor.ts';
import { type RequestContext, requireRole } from '../../../runtime/request.ts';
import { recordAttempt } from '../work/attempted.ts';
import type { Choice } from '../work/choose.ts';
import type { TransferContext } from '../work/context.ts';

/** The actor, when it holds one of `roles`; otherwise records the attempt and throws as requireRole does. */
export async function admit(
  transfer: TransferContext,
  request: RequestContext,
  action: string,
  choice: Choice,
  ...roles: Role[]
): Promise<Actor> {
  try {
    return requireRole(request, ...roles);
  } catch (error) {
    const { actor } = request;
    // Nobody in particular cannot make the record grow.
    if (actor !== undefined && error instanceof GraphQLError) {
      await recordAttempt(transfer, { action, choice, actor, code: `${error.extensions['code']}` });
    }
    throw error;
  }
}
