/** Asks the house's own graph, as the person at the keyboard: the command line has no other door. */
import type { Actor } from '../kernel/actor.ts';
import { Fault } from '../kernel/fault.ts';
import type { Refusal } from '../kernel/refusal.ts';
import { CommandRefused } from './exit.ts';
import type { House } from './house.ts';

interface UserError {
  readonly code: string;
  readonly message: string;
  readonly field?: readonly string[] | null;
  readonly remedy?: string | null;
}

/** Runs one operation; throws what the graph answers as errors, as a fault with the graph's code. */
export async function ask<T>(house: House, actor: Actor, query: string, variables: object = {}): Promise<T> {
  if (!house.gateway)
    throw new Fault({ code: 'NO_GATEWAY', retry: 'permanent', message: 'this process has no gateway' });
  const answer = await house.gateway.execute({ query, variables: { ...variables } }, actor);
  const [error] = answer.errors ?? [];
  if (error) {
    const code = String(error.extensions?.['code'] ?? 'INTERNAL');
    throw new Fault({ code, retry: 'permanent', message: error.message });
  }
  return answer.data as T;
}

/** Runs a mutation whose payload has `userErrors`; throws them as a refusal of the command. */
export async function act<T>(house: House, actor: Actor, mutation: string, input: object): Promise<T> {
  const data = await ask<Record<string, T & { readonly userErrors: readonly UserError[] }>>(house, actor, mutation, {
    input,
  });
  const [payload] = Object.values(data);
  if (!payload) throw new Fault({ code: 'INTERNAL', retry: 'permanent', message: 'the graph answered nothing' });
  if (payload.userErrors.length > 0) throw new CommandRefused(payload.userErrors.map(refusalOf));
  return payload;
}

function refusalOf({ code, message, field, remedy }: UserError): Refusal {
  return { code, message, field: field ?? [], remedy: remedy ?? 'see the message' };
}
