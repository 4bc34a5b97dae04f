/** A refusal where nobody can be asked: a sealed document that should have been refused before it was sealed. */
import { Fault } from '../../../kernel/fault.ts';
import type { Refusal } from '../../../kernel/refusal.ts';

export function refusalFault(refusals: readonly Refusal[], subject: string): Fault {
  const [first] = refusals;
  const message = refusals.map((refusal) => `${refusal.message}; ${refusal.remedy}`).join('. ');
  return new Fault({ code: first?.code ?? 'REFUSED', retry: 'permanent', message, subject });
}
