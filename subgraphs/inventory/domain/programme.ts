/** The programme around the data: systems, people, what each dataset is held to, and when the cutover is. */
import type { Format } from '../../../records/format.ts';

export const SYSTEM_ROLES = ['source', 'target', 'ancillary', 'reporting'] as const;
export type SystemRole = (typeof SYSTEM_ROLES)[number];

/** A system in the scope, whether or not anything moves from it or to it. */
export interface PlannedSystem {
  readonly name: string;
  readonly role: SystemRole;
  readonly vendor?: string | undefined;
  readonly product?: string | undefined;
  readonly version?: string | undefined;
  /** The network or security zone it stands in. */
  readonly zone?: string | undefined;
  readonly owner?: string | undefined;
}

/** What a stakeholder signs off. */
export const SIGN_OFFS = ['policy', 'lineage', 'readiness', 'window', 'validation', 'cutover', 'rollback'] as const;
export type SignOff = (typeof SIGN_OFFS)[number];

/** A line of the stakeholder register (GAO-22-103718 asks for one). */
export interface Stakeholder {
  readonly name: string;
  readonly role: string;
  readonly responsibility: string;
  /** Where the person is found: a directory entry, a pager group; never a private number. */
  readonly contact?: string | undefined;
  readonly signsOff: readonly SignOff[];
}

export const DOMAINS = [
  'demographics',
  'encounters',
  'allergies',
  'medications',
  'labs',
  'imaging-references',
  'scanned-documents',
  'billing',
  'interface-queues',
  'audit-logs',
  'problems',
  'immunizations',
  'procedures',
  'clinical-notes',
  'appointments',
  'orders',
  'other',
] as const;
export type Domain = (typeof DOMAINS)[number];

export const STRUCTURES = ['structured', 'unstructured'] as const;
export type Structure = (typeof STRUCTURES)[number];

/** How long the source has to keep it, and who says so: exactly one of `years` and `until`. */
export interface Retention {
  readonly years?: number | undefined;
  /** A date, RFC 3339 full-date. */
  readonly until?: string | undefined;
  readonly authority: string;
}

/** What the plan says of a legal hold. What it places stays in force until two people have released it. */
export interface PlannedHold {
  readonly held: boolean;
  /** The reference of the matter; never a patient. */
  readonly matter: string;
  /** Which items of the dataset; all of them when left out. */
  readonly items?: string | undefined;
  /** Who released it, on paper. */
  readonly releasedBy?: string | undefined;
}

export const LEVELS = ['low', 'medium', 'high'] as const;
export type Level = (typeof LEVELS)[number];

export interface QualityRisk {
  readonly risk: string;
  readonly level: Level;
  readonly mitigation?: string | undefined;
}

export interface AcceptanceCriterion {
  readonly criterion: string;
  readonly acceptedBy?: string | undefined;
}

export const CONSUMER_KINDS = ['report', 'clearinghouse', 'analytics', 'interface', 'other'] as const;
export type ConsumerKind = (typeof CONSUMER_KINDS)[number];

export const CONSUMER_FATES = ['repoint', 'retire', 'parallel', 'unaffected'] as const;
export type ConsumerFate = (typeof CONSUMER_FATES)[number];

/** Something that reads from the old environment, and what becomes of it at the cutover. */
export interface Consumer {
  readonly name: string;
  readonly kind: ConsumerKind;
  /** Left out while nobody has decided. */
  readonly atCutover?: ConsumerFate | undefined;
  /** What a report counted or added up last, by type of record or by group. */
  readonly totals?: readonly LastTotal[] | undefined;
  readonly owner?: string | undefined;
}

/** Messages that have to come regularly. Days are RFC 3339 full-dates. */
export interface PlannedFeed {
  /** As `ORU^R01`, or `ADT` for all of that kind. */
  readonly messages: string;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly everyDays?: number | undefined;
}

/** Of all records of a type, or of those with a code or of a day. */
export interface LastTotal {
  readonly records: string;
  readonly code?: string | undefined;
  readonly day?: string | undefined;
  readonly count?: number | undefined;
  readonly sum?: { readonly of: string; readonly total: string } | undefined;
}

/** What a dataset is held to, beside how it moves. */
export interface Charter {
  readonly domain?: Domain | undefined;
  /** What `other` stands for. */
  readonly domainName?: string | undefined;
  readonly structure?: Structure | undefined;
  readonly retention?: Retention | undefined;
  readonly legalHold?: PlannedHold | undefined;
  /** Names of datasets that have to arrive before. */
  readonly dependsOn?: readonly string[] | undefined;
  readonly risks?: readonly QualityRisk[] | undefined;
  readonly acceptance?: readonly AcceptanceCriterion[] | undefined;
  readonly consumers?: readonly Consumer[] | undefined;
  readonly feeds?: readonly PlannedFeed[] | undefined;
}

/** When the cutover is: instants, or local times of `zone` (an IANA name). */
export interface Window {
  readonly opens: string;
  readonly closes: string;
  readonly zone: string;
}

/** A backup of a system, as somebody has confirmed it. Instants are RFC 3339. */
export interface PlannedBackup {
  readonly system: string;
  readonly takenAt: string;
  readonly confirmedBy: string;
  /** When it was last restored for a test; left out when it never was. */
  readonly restoreTestedAt?: string | undefined;
}

export const REVIEW_OUTCOMES = ['confirmed', 'changed', 'open'] as const;
export type ReviewOutcome = (typeof REVIEW_OUTCOMES)[number];

/** Somebody looked at who may do what. */
export interface PlannedReview {
  readonly scope: string;
  readonly reviewedBy: string;
  readonly reviewedAt: string;
  readonly outcome: ReviewOutcome;
}

export interface Programme {
  readonly systems?: readonly PlannedSystem[] | undefined;
  readonly stakeholders?: readonly Stakeholder[] | undefined;
  readonly window?: Window | undefined;
  readonly backups?: readonly PlannedBackup[] | undefined;
  readonly accessReviews?: readonly PlannedReview[] | undefined;
}

const STRUCTURE_BY_FORMAT: Readonly<Record<Format, Structure>> = {
  hl7v2: 'structured',
  fhir: 'structured',
  ccda: 'structured',
  delimited: 'structured',
  document: 'unstructured',
  bytes: 'unstructured',
};

/** What the charter says, or what follows from the format. */
export function structureOf({ structure }: Pick<Charter, 'structure'>, format: Format): Structure {
  return structure ?? STRUCTURE_BY_FORMAT[format];
}
