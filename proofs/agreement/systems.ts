/** When two URIs, or a URI and the name a source uses, name one code system or one giver of numbers. */

/** Names of the site's own: by those who publish under example.com, and by us. */
const OWN_NAME = new RegExp(
  '^(?:http://example\\.com/v2-to-fhir-converter/(?:Identifier|CodeSystem)/' +
    '|urn:waybill:(?:namespace|code-system):)(?<name>.+)$',
);
/** A table of HL7 v2: its URI, its OID, and the name a coded element gives it. */
const HL7_TABLE =
  /^(?:http:\/\/terminology\.hl7\.org\/CodeSystem\/v2-|urn:oid:2\.16\.840\.1\.113883\.12\.|HL7)(?<number>\d{1,4})$/;
const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** Names of HL7 table 0396 and OIDs, with the URIs that FHIR R4 gives these systems; UCUM has no slash at its end. */
const URIS: Readonly<Record<string, string>> = {
  LN: 'http://loinc.org',
  SCT: 'http://snomed.info/sct',
  SNOMED: 'http://snomed.info/sct',
  DCM: 'http://dicom.nema.org/resources/ontology/DCM',
  'urn:oid:2.16.840.1.113883.3.26.1.1': 'http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl',
  'urn:oid:2.16.840.1.113883.5.1': 'http://terminology.hl7.org/CodeSystem/v3-AdministrativeGender',
  'urn:oid:2.16.840.1.113883.5.8': 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  'urn:oid:2.16.840.1.113883.5.111': 'http://terminology.hl7.org/CodeSystem/v3-RoleCode',
  'urn:oid:2.16.840.1.113883.6.103': 'http://hl7.org/fhir/sid/icd-9-cm',
  'urn:oid:2.16.840.1.113883.12.292': 'http://hl7.org/fhir/sid/cvx',
  'http://unitsofmeasure.org/': 'http://unitsofmeasure.org',
  'https://terminology.hl7.org/CodeSystem/v3-DataOperation': 'http://terminology.hl7.org/CodeSystem/v3-DataOperation',
};

/** One text for all ways to name a system. A name without a scheme is one of the site's own. */
export function systemOf(text: string): string {
  const own = nameIn(text);
  const known = URIS[own ?? text];
  if (known !== undefined) return known;
  const table = HL7_TABLE.exec(own ?? text)?.groups?.['number'];
  if (table !== undefined) return `http://terminology.hl7.org/CodeSystem/v2-${table.padStart(4, '0')}`;
  return own === undefined ? text : `own ${own}`;
}

/** Whether HL7 publishes the system, and with it the names of its codes. */
export function isOfHl7(text: string): boolean {
  return systemOf(text).startsWith('http://terminology.hl7.org/CodeSystem/');
}

function nameIn(text: string): string | undefined {
  const name = OWN_NAME.exec(text)?.groups?.['name'];
  if (name !== undefined) return decodeURIComponent(name);
  return HAS_SCHEME.test(text) ? undefined : text;
}
