/** One rule of a lineage map: where a value comes from, what is done to it, and which target element it fills. */

/** Says that `from` holds a value, or which values it holds; a text alone asks for any value. */
export type Condition = string | FieldCondition | AnyCondition;

export interface FieldCondition {
  readonly from: string;
  readonly present?: boolean | undefined;
  readonly in?: readonly string[] | undefined;
  readonly notIn?: readonly string[] | undefined;
  /** Beginnings of a value: `99` takes `99ZZZ`. */
  readonly startsWith?: readonly string[] | undefined;
  /** The value has more characters than this: a time behind a date. */
  readonly longerThan?: number | undefined;
}

/** At least one of them holds. */
export interface AnyCondition {
  readonly any: readonly Condition[];
}

/** What every rule that takes a value may say about it. */
export interface Taking {
  /** The target element it fills, from the record down: `name[0].family`; `.` is the element an `each` rule makes. */
  readonly to: string;
  /** Where the value comes from: `PID-5.1`, a column, an element path; of several, the first that has a value. */
  readonly from: string | readonly string[];
  /** All conditions must hold; else the rule is skipped. */
  readonly when?: readonly Condition[] | undefined;
  /** Without a value the record is not mapped. */
  readonly required?: boolean | undefined;
  /** Values that stand for no value, for example `NULL` or a sentinel date. */
  readonly ignore?: readonly string[] | undefined;
  /** What to do where the field repeats: `first` takes the first, any other text joins them. Without it: a problem. */
  readonly repeats?: string | undefined;
  /** The column may be absent from the extract. */
  readonly optional?: boolean | undefined;
}

export const DATE_SHAPES = [
  'hl7',
  'iso',
  'yyyyMMdd',
  'MM/dd/yyyy',
  'M/d/yyyy',
  'dd/MM/yyyy',
  'dd.MM.yyyy',
  'MM-dd-yyyy',
  'MM/dd/yyyy HH:mm',
  'MM/dd/yyyy HH:mm:ss',
] as const;
export type DateShape = (typeof DATE_SHAPES)[number];

/**
 * FHIR's `date`, `dateTime` and `instant`. For Unity, whose server keeps local time: `localDate` (01-May-1950, the day
 * as it was written) and `localDateTime` (2025-01-02 03:04:05 on the clocks of the zone, to the second).
 */
export const DATE_TARGETS = ['date', 'dateTime', 'instant', 'localDate', 'localDateTime'] as const;

export interface CopyRule extends Taking {
  readonly do?: 'copy' | undefined;
}
export interface TrimRule extends Taking {
  readonly do: 'trim';
}
export interface ConstantRule {
  readonly do: 'constant';
  readonly to: string;
  readonly value: string | number | boolean;
  readonly when?: readonly Condition[] | undefined;
}
/** The precision of the source is kept: a year stays a year. A time without offset needs a declared zone. */
export interface DateRule extends Taking {
  readonly do: 'date';
  readonly shapes: readonly DateShape[];
  readonly as: (typeof DATE_TARGETS)[number];
  /** An IANA zone or an offset for times written without one; else the map's zone. */
  readonly zone?: string | undefined;
  /** Where a whole number of minutes stands: the moment that much later, with the offset of the first. */
  readonly plusMinutes?: string | undefined;
}
/** Translates by a code map; a code that is not in it is a problem, never a guess. */
export interface CodeRule extends Taking {
  readonly do: 'code';
  readonly map: string;
  /** What of the translation to write; the code unless told. */
  readonly part?: 'code' | 'display' | 'system' | undefined;
}
/** Text with values in braces: `{PID-5.2} {PID-5.1}`; nothing where one of them is missing, save `{PID-5.3?}`. */
export interface TemplateRule {
  readonly do: 'template';
  readonly to: string;
  readonly template: string;
  readonly when?: readonly Condition[] | undefined;
  readonly required?: boolean | undefined;
}
/** Cuts a text at every separator; writes a list, or the part asked for (from 1). */
export interface SplitRule extends Taking {
  readonly do: 'split';
  readonly at: string;
  readonly part?: number | undefined;
}
/** Every source that has a value, in order, with a text between them. */
export interface JoinRule extends Taking {
  readonly do: 'join';
  readonly with: string;
}
export interface NumberRule extends Taking {
  readonly do: 'number';
  /** Without a fraction; a fraction is then a problem. */
  readonly whole?: boolean | undefined;
}
/** `Y`, `true`, `1` and their opposites, as the lists say; any other value is a problem. */
export interface BooleanRule extends Taking {
  readonly do: 'boolean';
  readonly yes: readonly string[];
  readonly no: readonly string[];
}
/** A number, with a comparator where one is written before it, and the unit as given. */
export interface QuantityRule extends Taking {
  readonly do: 'quantity';
  readonly unit?: string | undefined;
}
/** A number in another unit, by an exact factor (records/lineage/unit.ts); a unit it does not know is a problem. */
export interface UnitRule extends Taking {
  readonly do: 'unit';
  readonly unit: string;
  readonly into: string;
}
/** Plain text of RTF or HTML; the original goes, untouched and base64, to the element `original` names. */
export interface TextRule extends Taking {
  readonly do: 'text';
  /** How the text is wrapped: the base64 of its UTF-8, as FHIR's Attachment holds it. */
  readonly encoded?: 'base64' | undefined;
  readonly original?: string | undefined;
}
/** Base64 of encapsulated data; at the path `encoding` the source says how it wrote it (HL7 table 0299). */
export interface Base64Rule extends Taking {
  readonly do: 'base64';
  readonly encoding?: string | undefined;
}
/** The odd one: a JSONata expression over named values; what it gives is written as it is. */
export interface JsonataRule {
  readonly do: 'jsonata';
  readonly to: string;
  readonly with: Readonly<Record<string, string>>;
  readonly expression: string;
  readonly when?: readonly Condition[] | undefined;
}
/** A logical reference to another mapped record, by its key: of several templates, the first complete one. */
export interface ReferenceRule {
  readonly do: 'reference';
  readonly to: string;
  readonly type: string;
  readonly key: string | readonly string[];
  readonly display?: string | undefined;
  readonly when?: readonly Condition[] | undefined;
}
/** One list element for each group, repetition or node; the inner rules fill it from its own root. */
export interface EachRule {
  readonly do: 'each';
  readonly to: string;
  readonly forEach: string;
  /**
   * hl7v2: fields of the segment gone through. Neighbours that agree in them make one element; `repeats` joins what
   * they say line by line, and what is taken without it must be the same in all that say it.
   */
  readonly together?: readonly string[] | undefined;
  readonly rules: readonly Rule[];
  readonly when?: readonly Condition[] | undefined;
}
/**
 * The rules of a shape of this map, their relative paths taken from `from` and their targets put below `to`. A target
 * that ends in `[]` gets one element for each repetition of `from`.
 */
export interface ShapeRule {
  readonly do: 'shape';
  readonly shape: string;
  readonly from: string;
  readonly to: string;
  readonly when?: readonly Condition[] | undefined;
}
/** Says that such a record is beyond this map: a problem, and the record is not mapped. */
export interface RefuseRule {
  readonly do: 'refuse';
  readonly code: string;
  readonly message: string;
  readonly when: readonly Condition[];
}

/** Rules that make one value of one value. */
export type TransformRule =
  | CopyRule
  | TrimRule
  | DateRule
  | CodeRule
  | SplitRule
  | NumberRule
  | BooleanRule
  | QuantityRule
  | UnitRule
  | Base64Rule;

export type Rule =
  | TransformRule
  | ConstantRule
  | TemplateRule
  | JoinRule
  | TextRule
  | JsonataRule
  | ReferenceRule
  | EachRule
  | ShapeRule
  | RefuseRule;

export const TRANSFORMS = [
  'copy',
  'trim',
  'constant',
  'date',
  'code',
  'template',
  'split',
  'join',
  'number',
  'boolean',
  'quantity',
  'unit',
  'text',
  'base64',
  'jsonata',
  'reference',
  'each',
  'shape',
  'refuse',
] as const;

/** The paths a rule takes its value from. */
export function sourcesOf(from: Taking['from']): readonly string[] {
  return typeof from === 'string' ? [from] : from;
}
