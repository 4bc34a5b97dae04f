/**
 * How far something was verified; never silently downgraded. "Not verifiable here" is an answer, not a pass.
 * `sampled`: it was not itself looked into; it is there, and a sample vouches for what is in it.
 */
export const ASSURANCE_LEVELS = ['not-verifiable', 'sampled', 'bytes', 'record', 'fields', 'workflow'] as const;
export type AssuranceLevel = (typeof ASSURANCE_LEVELS)[number];

export type AssuredEnds = 'source' | 'target' | 'both' | 'acknowledgement';

export interface Assurance {
  readonly level: AssuranceLevel;
  /** What was done, for example `sha256 of the target read back over its own connection`. */
  readonly method: string;
  /** What was looked at. `acknowledgement`: neither end; the receiver's word is all there is. */
  readonly ends: AssuredEnds;
  /** The component that did it. */
  readonly by: string;
}
