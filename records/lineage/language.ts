/** The lineage language: a mapping as data, proposed by one person, approved by another, sealed by its digest. */

/** Says that `from` holds a value, or which values it holds; a text alone asks for any value. */
export type Condition =
  | string
  | {
      readonly from: string;
      readonly present?: boolean | undefined;
      readonly in?: readonly string[] | undefined;
      readonly notIn?: readonly string[] | undefined;
    };

/** What every rule that takes a value may say about it. */
export interface Taking {
  /** The FHIR element it fills, from the resource down: `name[0].family`. */
  readonly to: string;
  /** Where the value comes from: `PID-5.1` or the name of a column. */
  readonly from: string;
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
  readonly as: 'date' | 'dateTime';
  /** An IANA zone or an offset for times written without one; else the map's zone. */
  readonly zone?: string | undefined;
}
/** Translates by a code map; a code that is not in it is a problem, never a guess. */
export interface CodeRule extends Taking {
  readonly do: 'code';
  readonly map: string;
  /** What of the translation to write; the code unless told. */
  readonly part?: 'code' | 'display' | 'system' | undefined;
}
/** Text with values in braces: `{PID-5.2} {PID-5.1}`; nothing is written where one of them is missing. */
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
export interface NumberRule extends Taking {
  readonly do: 'number';
}
/** A number, with a comparator where one is written before it, and the unit as given. */
export interface QuantityRule extends Taking {
  readonly do: 'quantity';
  readonly unit?: string | undefined;
}
/** A logical reference to another mapped record, by its key. */
export interface ReferenceRule {
  readonly do: 'reference';
  readonly to: string;
  readonly type: string;
  readonly key: string;
  readonly when?: readonly Condition[] | undefined;
}
/** One list element for each group or repetition; the inner rules fill it from its own root. */
export interface EachRule {
  readonly do: 'each';
  readonly to: string;
  readonly forEach: string;
  readonly rules: readonly Rule[];
  readonly when?: readonly Condition[] | undefined;
}
/** Says that such a record is beyond this map: a problem, and the record is not mapped. */
export interface RefuseRule {
  readonly do: 'refuse';
  readonly code: string;
  readonly message: string;
  readonly when: readonly Condition[];
}

export type Rule =
  | CopyRule
  | TrimRule
  | ConstantRule
  | DateRule
  | CodeRule
  | TemplateRule
  | SplitRule
  | NumberRule
  | QuantityRule
  | ReferenceRule
  | EachRule
  | RefuseRule;

export const TRANSFORMS = [
  'copy',
  'trim',
  'constant',
  'date',
  'code',
  'template',
  'split',
  'number',
  'quantity',
  'reference',
  'each',
  'refuse',
] as const;

/** How much of the source code's meaning the target code keeps (FHIR ConceptMap). */
export const EQUIVALENCES = ['equivalent', 'wider', 'narrower', 'inexact'] as const;

export interface CodeTranslation {
  readonly code: string;
  readonly display?: string | undefined;
  readonly equivalence: (typeof EQUIVALENCES)[number];
}

export interface CodeMap {
  /** The code system the codes come from, in words or as a URI. */
  readonly from: string;
  /** The URI of the code system they are translated to. */
  readonly to: string;
  /** By source code. A key that ends in `*` takes every code that begins so; `{code}` is then the source code. */
  readonly codes: Readonly<Record<string, CodeTranslation>>;
}

/** One kind of record, made once for every group of the source. */
export interface RecordRules {
  /** The FHIR resource type. */
  readonly type: string;
  /** Segment groups, outermost first: `OBR/OBX`. Without it: one record for each message or row. */
  readonly forEach?: string | undefined;
  /** A template: stable, unique in the dataset, without names. */
  readonly key: string;
  /** A template for the key of the patient it belongs to. */
  readonly parent?: string | undefined;
  readonly rules: readonly Rule[];
}

/** Every resource as it is, with its source identifier; its `id` lives on in that identifier. */
export interface CopyResource {
  /** Templates for keys by resource type, with `{id}`; `<Type>:{id}` unless told. */
  readonly keys?: Readonly<Record<string, string>> | undefined;
}

/** A source field that is left behind on purpose. */
export interface Exclusion {
  readonly from: string;
  readonly reason: string;
}

export const MAPPED_FORMATS = ['hl7v2', 'fhir', 'delimited'] as const;

export interface LineageMap {
  readonly name: string;
  readonly version: string;
  readonly format: (typeof MAPPED_FORMATS)[number];
  readonly description?: string | undefined;
  /** Fields in which a difference is a patient-safety matter: `Observation.valueQuantity`. */
  readonly critical: readonly string[];
  /** An IANA zone or an offset for times written without one. HL7 v2: the offset of MSH-7 goes before it. */
  readonly zone?: string | undefined;
  /** HL7 v2: the message types it maps, as `ORU^R01`. */
  readonly messages?: readonly string[] | undefined;
  readonly codeMaps?: Readonly<Record<string, CodeMap>> | undefined;
  /** For hl7v2 and delimited. */
  readonly records?: readonly RecordRules[] | undefined;
  /** For fhir. */
  readonly copyResource?: CopyResource | undefined;
  readonly exclusions?: readonly Exclusion[] | undefined;
}
