/** Where a FHIR R4 resource carries its source key, by which it is found again. */

/** The system of the identifier, or of the tag, whose value is the source key. */
export const SOURCE_SYSTEM = 'urn:waybill:source';

/** The resource types of FHIR R4 (4.0.1) that have no list of identifiers: their key is a tag (`meta.tag`). */
const KEYED_BY_TAG: ReadonlySet<string> = new Set([
  'AdverseEvent',
  'AuditEvent',
  'Binary',
  'Bundle',
  'CapabilityStatement',
  'CompartmentDefinition',
  'Composition',
  'ConceptMap',
  'GraphDefinition',
  'ImplementationGuide',
  'Linkage',
  'MedicationKnowledge',
  'MedicinalProductContraindication',
  'MedicinalProductIndication',
  'MedicinalProductIngredient',
  'MedicinalProductInteraction',
  'MedicinalProductManufactured',
  'MedicinalProductUndesirableEffect',
  'MessageHeader',
  'NamingSystem',
  'OperationDefinition',
  'OperationOutcome',
  'Parameters',
  'Provenance',
  'QuestionnaireResponse',
  'SearchParameter',
  'SpecimenDefinition',
  'Subscription',
  'SubstanceNucleicAcid',
  'SubstancePolymer',
  'SubstanceProtein',
  'SubstanceReferenceInformation',
  'SubstanceSourceMaterial',
  'SubstanceSpecification',
  'TerminologyCapabilities',
  'TestReport',
  'TestScript',
  'VerificationResult',
]);

interface Keyed {
  readonly resourceType: string;
  readonly identifier?: unknown;
  readonly meta?: { readonly tag?: unknown } | undefined;
}

interface Token {
  readonly system?: string;
  readonly value?: string;
  readonly code?: string;
}

export function isKeyedByTag(type: string): boolean {
  return KEYED_BY_TAG.has(type);
}

/** The source key of a resource; undefined where it carries none in the place its type has for it. */
export function sourceKeyOf(resource: Keyed): string | undefined {
  if (isKeyedByTag(resource.resourceType)) return ours(resource.meta?.tag)?.code;
  return ours(resource.identifier)?.value;
}

function ours(list: unknown): Token | undefined {
  const tokens: readonly Token[] = Array.isArray(list) ? list : [];
  return tokens.find((token) => token.system === SOURCE_SYSTEM);
}
