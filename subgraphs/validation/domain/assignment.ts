/** Who answers for an exception as soon as it is raised: the first rule of the policy that fits it. */
import type { Category, Severity } from '../../../kernel/exception.ts';

/** What it does not say fits everything. */
export interface AssignmentRule {
  readonly category?: Category;
  /** The name of a dataset. */
  readonly dataset?: string;
  readonly severity?: Severity;
  readonly owner: string;
}

/** Undefined when no rule fits. */
export function ownerByRule(
  raised: { readonly category: Category; readonly severity: Severity; readonly dataset: string | null },
  rules: readonly AssignmentRule[],
): string | undefined {
  const fits = (rule: AssignmentRule): boolean =>
    (rule.category ?? raised.category) === raised.category &&
    (rule.severity ?? raised.severity) === raised.severity &&
    (rule.dataset ?? raised.dataset) === raised.dataset;
  return rules.find(fits)?.owner;
}
