/** A check: a named, versioned question about the data, with what it cannot see said as plainly as what it can. */
import type { Category } from './category.ts';

/** Reconciliation asks whether the right records arrived; these ask whether they are sound, sensible and usable. */
export const LAYERS = ['schema', 'content', 'usability'] as const;
export type Layer = (typeof LAYERS)[number];

/** What is held against what. */
export const METHODS = [
  /** One item or record against its own format. */
  'structure',
  /** One record by itself, against what can be true or used. */
  'record',
  /** Records of all datasets against each other. */
  'relation',
  /** A record against the others of its dataset. */
  'dataset',
  /** The original against what the lineage makes of it. */
  'original',
  /** What arrived against what was expected. */
  'target',
  /** The target asked the way those who work with it ask. */
  'workflow',
] as const;
export type Method = (typeof METHODS)[number];

/** How grave a finding is, the policy says by category and tier; see severityOf. */
export interface Check {
  readonly id: string;
  readonly version: string;
  readonly layer: Layer;
  readonly method: Method;
  /** Ids of docs/requirements.md. */
  readonly requirements: readonly string[];
  readonly categories: readonly Category[];
  /** The codes its findings carry; absent where the codecs of records name them. */
  readonly codes?: readonly string[];
  readonly cannotSee: string;
}
