/** A lineage at work: the one compiled mapping that moves the data and computes what the target ought to hold. */
import type { Json } from '../../kernel/canonical-json.ts';
import type { Format, Problem } from '../format.ts';

/** The lineage of a dataset that moves as bytes, unmapped. */
export const PASS_THROUGH = 'pass-through';

/** What the records are made for: FHIR R4 resources, or the inputs of Allscripts Unity's actions. */
export const TARGET_FORMS = ['fhir-r4', 'unity'] as const;
export type TargetForm = (typeof TARGET_FORMS)[number];

/** The system of the identifier or tag every mapped resource carries: targets look up by it, reconciliation joins. */
export const SOURCE_IDENTIFIER_SYSTEM = 'urn:waybill:source';

/** One record of an item in the target's form. With problems it must not be written: its `resource` is then partial. */
export interface MappedRecord {
  /** A stable natural key, unique in the dataset; opaque: never a name. */
  readonly key: string;
  /** The FHIR resource type. */
  readonly type: string;
  /** The key of the patient it belongs to; null for patients and for what belongs to nobody. */
  readonly parent: string | null;
  /** Where in the item it was found. */
  readonly position: string;
  readonly resource: Json;
  /** Sorts versions of a record, the latest last; empty where the source is silent, absent where the map is. */
  readonly asOf?: string | undefined;
  readonly problems: readonly Problem[];
}

export const DIFFERENCE_CATEGORIES = [
  'truncation',
  'code-translation-mismatch',
  'timestamp-shift',
  'value-mismatch',
  'missing-record',
  'precision-loss',
] as const;
export type DifferenceCategory = (typeof DIFFERENCE_CATEGORIES)[number];

/** One field in which the target disagrees with what the lineage expects. */
export interface Difference {
  /** The FHIR element path without the resource type, for example `name[0].family`. */
  readonly field: string;
  readonly category: DifferenceCategory;
  /** For example `+5 h` or `20 of 64 characters`; never a value. */
  readonly note: string;
  readonly critical: boolean;
}

export interface Lineage {
  readonly name: string;
  readonly format: Format;
  readonly target: TargetForm;
  /** The FHIR resource types it makes; empty where the source decides. */
  readonly recordTypes: readonly string[];
  /** Whether the map says of any record as of when it is. */
  readonly hasVersions: boolean;
  /** Maps one item, record by record. Wrong data gives problems, never a throw. */
  map(path: string, bytes: AsyncIterable<Uint8Array>): AsyncIterable<MappedRecord>;
  /** Differences of a record read back from the target against the expected one, in canonical field order. */
  compare(type: string, expected: Json, actual: Json): readonly Difference[];
}
