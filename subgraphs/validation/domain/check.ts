/** A check: a named, versioned question about the data, with what it cannot see said as plainly as what it can. */
import type { Category } from './category.ts';

/** Reconciliation asks whether the right records arrived; these ask whether they are sound, sensible and usable. */
export const LAYERS = ['schema', 'content', 'usability'] as const;
export type Layer = (typeof LAYERS)[number];

export interface Check {
  readonly id: string;
  readonly version: string;
  readonly layer: Layer;
  /** Ids of docs/requirements.md. */
  readonly requirements: readonly string[];
  readonly categories: readonly Category[];
  readonly cannotSee: string;
}
