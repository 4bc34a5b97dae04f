/** What bounds a profile: its size depends on these numbers and never on how much data there is. */

/** Field paths of one dataset; those after them, in the order of their text, are counted together as overflow. */
export const FIELDS_MAX = 4_000;
/** Distinct values that are counted exactly; more are estimated. */
export const DISTINCT_EXACT_MAX = 1_024;
/** The estimate's registers: 2^12, a standard error of 1.04 / 64. */
export const REGISTER_BITS = 12;
export const DISTINCT_ERROR = 1.04 / Math.sqrt(2 ** REGISTER_BITS);
/** Masks kept for each field, the shortest first; the others are counted together. */
export const PATTERNS_KEPT_MAX = 64;
/** Masks shown for each field, the most frequent first. */
export const PATTERNS_SHOWN_MAX = 12;
/** A longer value has no mask. */
export const MASK_CHARS_MAX = 40;
/** Kinds of records of one dataset: resource types, tables. */
export const KINDS_MAX = 500;
export const CODE_SYSTEMS_MAX = 64;
/** Places named for each finding of each field. */
export const PLACES_MAX = 20;
/** Longer texts do not fit the columns most targets keep text in. */
export const OVERLONG_CHARS = 4_000;
/** Values remembered for each field so that their like is not looked at again. */
export const REMEMBERED_MAX = 512;
/** Dates of one record that are compared with its birth date. */
export const RECORD_DATES_MAX = 1_000;
/** Identities held in memory; more are sorted and spilled. */
export const IDENTITIES_HELD_MAX = 131_072;
/** Spilled runs; more are merged. */
export const RUNS_MAX = 64;
/** Bytes on disk that one dataset may spill; twenty for each key and reference, twice that while runs are merged. */
export const SPILL_BYTES_MAX = 64 * 1024 ** 3;
/** Levels of elements that make a path of their own. */
export const PATH_DEPTH_MAX = 24;
/** Years over which Safe Harbor (45 CFR 164.514(b)(2)(i)(C)) lets no age be told. */
export const AGE_TOLD_MAX_YEARS = 89;
