/** A profile as it is told: counts, shapes and masks, and what is wrong; no value, and no hash of one. */
import type { Severity } from '../../kernel/exception.ts';
import type { Format } from '../format.ts';
import type { PhiClass } from './phi.ts';

export interface ProfiledKind {
  /** A resource type, `message`, `document`, or a table by the digest of its columns. */
  readonly kind: string;
  readonly records: number;
}

export interface Counted {
  readonly name: string;
  readonly count: number;
}

export interface ProfiledField {
  readonly kind: string;
  /** In the lineage language: `PID-5.1`, a column, `Patient.name.family`, `section[48765-2]/entry/act/@classCode`. */
  readonly path: string;
  /** Records of its kind, and those of them that hold at least one value here. */
  readonly records: number;
  readonly populated: number;
  /** Of `records`, the share without a value: from 0 to 1, six digits. */
  readonly nullRate: number;
  /** Repetitions among them. */
  readonly values: number;
  /** Values of white space alone. */
  readonly blanks: number;
  readonly distinct: number;
  /** Standard error of `distinct`, relative; 0 where it is exact. */
  readonly distinctError: number;
  /** In UTF-16 code units. */
  readonly lengthMin: number | null;
  readonly lengthMax: number | null;
  /** Values that are numbers, and the range of them to two digits; of identifying fields no range is told. */
  readonly numbers: number;
  readonly numberMin: number | null;
  readonly numberMax: number | null;
  /** Dates are told by their year; one that would tell an age over 89 is told as the last such year. */
  readonly yearMin: number | null;
  readonly yearMax: number | null;
  /** Masks of the least and of the greatest mask in code unit order. */
  readonly maskMin: string | null;
  readonly maskMax: string | null;
  readonly patterns: readonly Counted[];
  /** Values whose mask is not among `patterns`. */
  readonly otherPatterns: number;
  readonly dateShapes: readonly Counted[];
  readonly timesWithOffset: number;
  readonly timesWithoutOffset: number;
  readonly codeSystems: readonly Counted[];
  readonly phi: PhiClass;
}

/** `item` counts the items of the dataset from 1, in the order in which they were given. */
export interface FoundAt {
  readonly item: number;
  /** `line 7`, `message 7`, `resource 7`; never more than where to look. */
  readonly position: string;
}

export interface ProfileFinding {
  readonly code: string;
  readonly requirement: string;
  readonly severity: Severity;
  /** Null where it concerns the item and no field. */
  readonly kind: string | null;
  readonly path: string | null;
  readonly count: number;
  readonly at: readonly FoundAt[];
}

export interface DatasetProfile {
  readonly version: 1;
  readonly format: Format;
  readonly items: number;
  readonly records: number;
  readonly kinds: readonly ProfiledKind[];
  readonly fields: readonly ProfiledField[];
  /** Fields beyond the limit, about how many, and their values. */
  readonly overflow: { readonly fields: number; readonly values: number };
  /** By severity, code, kind and path. */
  readonly findings: readonly ProfileFinding[];
}
