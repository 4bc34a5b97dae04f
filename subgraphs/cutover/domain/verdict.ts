/** What the gates add up to: one word, and the one reason that matters most. */
import type { Gate, GateState } from './gate.ts';

export const VERDICTS = ['go', 'hold', 'no-go'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Judgement {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** Failed is a no-go, anything else that is not passed is a hold; the first of the worst gates gives the reason. */
export function judge(gates: readonly Gate[]): Judgement {
  const worst = (state: GateState): Gate | undefined => gates.find((gate) => gate.state === state);
  const failed = worst('failed');
  if (failed !== undefined) return { verdict: 'no-go', reason: reasonOf(failed) };
  const open = worst('at-risk') ?? worst('unknown');
  if (open !== undefined) return { verdict: 'hold', reason: reasonOf(open) };
  if (gates.length === 0) return { verdict: 'hold', reason: 'no gate was looked at' };
  return { verdict: 'go', reason: 'every gate is passed' };
}

function reasonOf({ name, state, measured, required }: Gate): string {
  return `${name} is ${state}: ${measured}; required: ${required}`;
}
