/** What the check of a map's targets found: each form of target has its own check, and all say it the same way. */
import type { Rule } from './rule.ts';

/** With the rule it is wrong in; of a whole record without one. */
export interface RuleProblem {
  readonly rule?: Rule | undefined;
  /** The member of the rule, or of the record. */
  readonly field: string;
  readonly what: string;
  readonly remedy: string;
}

export interface TargetProblem extends RuleProblem {
  /** The place of the record among those of the map whose shapes are in place. */
  readonly record: number;
}
