/** The lineage language: a mapping as data, proposed by one person, approved by another, sealed by its digest. */
import type { CodeMapDocument } from '../code-set/document.ts';
import type { TargetForm } from './lineage.ts';
import type { Condition, DateShape, Rule } from './rule.ts';

/** How much of the source code's meaning the target code keeps (FHIR ConceptMap). */
export const EQUIVALENCES = ['equivalent', 'wider', 'narrower', 'inexact'] as const;

export interface CodeTranslation {
  readonly code: string;
  readonly display?: string | undefined;
  readonly equivalence: (typeof EQUIVALENCES)[number];
  /** The URI of the code system of this translation, where it is not the one of the map. */
  readonly system?: string | undefined;
}

/** Written in the map itself, or a document of its own, named by its digest. */
export type CodeMap = CodeTable | CodeMapReference;

/** A code map that is a document of its own (records/code-set), and which of its answers a map takes. */
export interface CodeMapReference {
  /** `sha256:` and the digest of the document's bytes, as it is in every sealed map; or `name@version`. */
  readonly document: string;
  /** The document's name and version, where `document` is its digest. */
  readonly named?: string | undefined;
  /** Which part of a combination is written; without it a combination is a problem. All three from 1. */
  readonly choose?: { readonly scenario: number; readonly choice: number; readonly of: number } | undefined;
  /** By source code: the target that was chosen among its candidates. */
  readonly choices?: Readonly<Record<string, string>> | undefined;
  /** `exact` unless told: a target that only means nearly the same is a problem. */
  readonly minimum?: (typeof MINIMA)[number] | undefined;
  /** A code that is known to have no translation: a problem, unless told that nothing is written. */
  readonly onNoMap?: (typeof ON_NO_MAP)[number] | undefined;
  /** What withDocuments found; never written. */
  readonly content?: CodeMapDocument | undefined;
}

export const MINIMA = ['exact', 'approximate'] as const;
export const ON_NO_MAP = ['problem', 'nothing'] as const;

export interface CodeTable {
  /** The code system the codes come from, in words or as a URI. */
  readonly from: string;
  /** The URI of the code system they are translated to. */
  readonly to: string;
  /**
   * By source code. A key that ends in `*` takes every code that begins so; `{code}` is then the source code, `{rest}`
   * what follows.
   */
  readonly codes: Readonly<Record<string, CodeTranslation>>;
}

/** As of when the source says what a record says: of several versions under one key, the latest stands. */
export interface AsOf {
  /** The first of these paths with a value is the time of the version. */
  readonly from?: string | readonly string[] | undefined;
  /** How it is written; `hl7` for hl7v2, `iso` otherwise. */
  readonly shapes?: readonly DateShape[] | undefined;
  /** A whole number that tells versions of one moment apart, or all of them where there is no time. */
  readonly sequence?: string | undefined;
}

export const NO_AS_OF = 'none';

/** One kind of record, made once for every group of the source. */
export interface RecordRules {
  /** The FHIR resource type; for `unity` the action. */
  readonly type: string;
  /**
   * hl7v2: segment groups, outermost first: `OBR/OBX`, and a field for each of its repetitions: `OBR/OBX-16`.
   * ccda: a path of elements. fhir: a resource type, and an element
   * below it where one resource makes several. Without it: one record for each message, row or document.
   */
  readonly forEach?: string | undefined;
  /** All conditions must hold; else no such record is made. */
  readonly when?: readonly Condition[] | undefined;
  /** `key` repeats inside an item (a practitioner named twice): equal records are made once, others are a problem. */
  readonly once?: boolean | undefined;
  /** The map's own unless told; `none` where versions of this kind are told apart by nothing. */
  readonly asOf?: AsOf | typeof NO_AS_OF | undefined;
  /** A template, or several of which the first complete one counts: stable, unique in the dataset, without names. */
  readonly key: string | readonly string[];
  /** A template for the key of the patient it belongs to. */
  readonly parent?: string | readonly string[] | undefined;
  readonly rules: readonly Rule[];
}

/** The kinds of record of a shape: a practitioner for each repetition of `OBX-16`, the places of one `PV1-3`. */
export interface RecordsOf {
  readonly shape: string;
  readonly from: string;
  /** hl7v2: the groups `from` is looked for in, outermost first; in the whole message unless told. */
  readonly within?: string | undefined;
  readonly when?: readonly Condition[] | undefined;
}

/** Every resource as it is, with its source identifier; its `id` lives on in that identifier. */
export interface CopyResource {
  /** Templates for keys by resource type, with `{id}`; `<Type>:{id}` unless told. */
  readonly keys?: Readonly<Record<string, string>> | undefined;
}

/** A source field that is left behind on purpose; a path ending in `*` takes everything that begins so. */
export interface Exclusion {
  readonly from: string;
  readonly reason: string;
}

/** Whose expected outputs the shipped maps are held against. */
export const DEPARTED_FROM = ['microsoft', 'google', 'cdc', 'hl7'] as const;
export const DEPARTURE_KINDS = ['missing', 'different', 'extra'] as const;

/** A field in which the map departs on purpose from what others make of the same source, and why. */
export interface Departure {
  /** `Patient.name` and everything inside it, `Provenance` as a whole, `//coding.system` every path that ends so. */
  readonly field: string;
  readonly from: (typeof DEPARTED_FROM)[number] | '*';
  readonly kind: (typeof DEPARTURE_KINDS)[number];
  /** Only where the value, theirs or for `extra` ours, begins so. */
  readonly startsWith?: string | undefined;
  /** HL7 v2: only of what these segments of the message say. */
  readonly segments?: readonly string[] | undefined;
  readonly reason: string;
}

/** Rules that several places use; paths that begin with a dot are relative to where the shape is used. */
export interface Shape {
  readonly description?: string | undefined;
  readonly rules?: readonly Rule[] | undefined;
  /** For `recordsOf`: the kinds of record one place of the source makes; their paths are relative to it. */
  readonly records?: readonly RecordRules[] | undefined;
  /** The kinds of record of other shapes that come with these: who and what this place names. */
  readonly recordsOf?: readonly RecordsOf[] | undefined;
}

export const MAPPED_FORMATS = ['hl7v2', 'fhir', 'ccda', 'delimited'] as const;

export interface LineageMap {
  readonly name: string;
  readonly version: string;
  readonly format: (typeof MAPPED_FORMATS)[number];
  /** `fhir-r4` unless told. */
  readonly target?: TargetForm | undefined;
  readonly description?: string | undefined;
  /** Fields in which a difference is a patient-safety matter: `Observation.valueQuantity`. */
  readonly critical: readonly string[];
  /** An IANA zone or an offset for times written without one. HL7 v2: the offset of MSH-7 goes before it. */
  readonly zone?: string | undefined;
  /** HL7 v2: the message types it maps, as `ORU^R01`. */
  readonly messages?: readonly string[] | undefined;
  /** What tells versions of one record apart; without it two that differ are an exception. Of all kinds of record. */
  readonly asOf?: AsOf | undefined;
  readonly codeMaps?: Readonly<Record<string, CodeMap>> | undefined;
  readonly shapes?: Readonly<Record<string, Shape>> | undefined;
  /** For fhir either these or copyResource. */
  readonly records?: readonly RecordRules[] | undefined;
  /** Kinds of record made by the shapes that have some; they come after `records`. */
  readonly recordsOf?: readonly RecordsOf[] | undefined;
  /** For fhir: resources as they are. */
  readonly copyResource?: CopyResource | undefined;
  readonly exclusions?: readonly Exclusion[] | undefined;
  /** What others make of the same source and this map does not, or does otherwise; see proofs/agreement. */
  readonly departures?: readonly Departure[] | undefined;
  /** Timestamps and authorship of the source that are kept: each must be read by a rule, or be excluded by name. */
  readonly preserves?: { readonly timestamps: readonly string[]; readonly authorship: readonly string[] } | undefined;
}
