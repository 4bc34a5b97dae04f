/** How far something was verified; never silently downgraded. "Not verifiable here" is an answer, not a pass. */
export const ASSURANCE_LEVELS = ['not-verifiable', 'bytes', 'record', 'fields', 'workflow'] as const;
export type AssuranceLevel = (typeof ASSURANCE_LEVELS)[number];

export interface Assurance {
  readonly level: AssuranceLevel;
  /** What was done, for example `sha256 of the target read back over its own connection`. */
  readonly method: string;
  readonly ends: 'source' | 'target' | 'both';
  /** The component that did it. */
  readonly by: string;
}
