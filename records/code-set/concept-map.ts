/** The parts of a FHIR R4 ConceptMap that a code map has, as they are read and written. */

export interface FhirExtension {
  readonly url: string;
  readonly valueString?: string | undefined;
  readonly valueInteger?: number | undefined;
}

export interface FhirCondition {
  readonly property: string;
  readonly system?: string | undefined;
  readonly value: string;
  readonly display?: string | undefined;
}

export interface FhirTarget {
  readonly extension?: readonly FhirExtension[] | undefined;
  readonly code?: string | undefined;
  readonly display?: string | undefined;
  readonly equivalence: string;
  readonly comment?: string | undefined;
  readonly dependsOn?: readonly FhirCondition[] | undefined;
  readonly product?: readonly FhirCondition[] | undefined;
}

export interface FhirElement {
  readonly extension?: readonly FhirExtension[] | undefined;
  readonly code: string;
  readonly display?: string | undefined;
  readonly target?: readonly FhirTarget[] | undefined;
}

export interface FhirUnmapped {
  readonly mode: string;
  readonly code?: string | undefined;
  readonly display?: string | undefined;
  readonly url?: string | undefined;
}

export interface FhirGroup {
  readonly source?: string | undefined;
  readonly sourceVersion?: string | undefined;
  readonly target?: string | undefined;
  readonly targetVersion?: string | undefined;
  readonly element: readonly FhirElement[];
  readonly unmapped?: FhirUnmapped | undefined;
}

export interface FhirConceptMap {
  readonly resourceType: 'ConceptMap';
  readonly extension?: readonly FhirExtension[] | undefined;
  readonly url?: string | undefined;
  readonly version?: string | undefined;
  readonly name?: string | undefined;
  readonly status: string;
  readonly description?: string | undefined;
  readonly group: readonly FhirGroup[];
}

/** Where our own words stand that a ConceptMap has no element for. */
export const EXTENSION_URL = 'urn:waybill:code-map:';
