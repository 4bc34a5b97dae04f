/** At the door of a mutation: who may come in, and a record of those who may not. */
import { GraphQLError } from 'graphql';
import type { Actor, Role } from '../../../kernel/actor.ts';
import { type RequestContext, requireRole } from '../../../runtime/request.ts';
import { refusalEntry } from '../work/announce.ts';
import type { CutoverContext } from '../work/context.ts';

/** The actor, when it holds one of `roles`; otherwise records the attempt and throws as requireRole does. */
export async function admit(
  cutover: CutoverContext,
  request: RequestContext,
  act: { readonly action: string; readonly subject: string },
  ...roles: Role[]
): Promise<Actor> {
  try {
    return requireRole(request, ...roles);
  } catch (error) {
    const { actor } = request;
    // Nobody in particular cannot make the record grow.
    if (actor !== undefined && error instanceof GraphQLError) {
      const code = String(error.extensions['code']);
      await cutover.store.transact(async (unit) => unit.audit(refusalEntry(cutover, { ...act, actor }, [{ code }])));
    }
    throw error;
  }
}
