/** What a mutation answers with: the row its verb left behind, or why there is none. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Id } from '../../../kernel/id.ts';
import type { Outcome } from '../../../kernel/refusal.ts';
import { type UserError, userErrors } from '../../../runtime/request.ts';
import type { InventoryContext } from '../work/context.ts';

/** A payload whose member `name` is what `find` finds. */
export async function shown<T>(
  { store }: InventoryContext,
  outcome: Outcome<Id>,
  name: string,
  find: (em: SqlEntityManager, id: Id) => Promise<T | null>,
): Promise<Readonly<Record<string, T | null | UserError[]>>> {
  if (!outcome.ok) return { [name]: null, userErrors: userErrors(outcome.refusals) };
  return { [name]: await store.read((em) => find(em, outcome.value)), userErrors: [] };
}
