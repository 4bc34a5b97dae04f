/** Code systems a target can be expected to know: HL7 table 0396, FHIR's registered URIs, the OIDs of C-CDA. */

const TABLE_0396: ReadonlySet<string> = new Set(
  (
    'ACR ALPHAID2006 ANS+ ART ASTM AS4 AS4E ATC C4 C5 CAPECC CAS CCC CD2 CDCA CDCEDACUITY CDCM CDCOBS ' +
    'CDCPHINVS CDCREC CDS CE CLP CPTM CST CVX DCM E E5 E6 E7 ENZC EPASRS FDAUNII FDDC FDDX FDK FIPS5_2 FIPS6_4 ' +
    'GDRG2004 HB HCPCS HCPT HHC HI HL70001 HOT HPC I10 I10C I10P I9 I9C I9CDX I9CP IBT IC2 ICD10AM ICD10CA ' +
    'ICD10CM ICD10GM2006 ICD10PCS ICD9CM ICDO ICDO2 ICDO3 ICS ICSD ISO3166_1 ISO3166_2 ISO4217 ISO639 ISOnnnn ' +
    'ITIS IUPC IUPP JC10 JC8 JJ1017 L LB LN LOCAL MCD MCR MDC MDDX MEDC MEDIATYPE MEDR MEDX MGPI MVX NAICS NDA ' +
    'NDC NDFRT NIC NIP001 NIP002 NIP004 NND NPI NUBC NULLFL O301 OHA PHINQUESTION PLR PLT POS PVRM RC RXNORM ' +
    'SCT SCT2 SDM SIC SNM SNM3 SNT SOC UB04FL14 UC UCUM UMD UML UPC UPIN USPS W1 W2 W4 WC WHO X12DE1 X12DE2 ' +
    'ICDA LOINC SNOMED SNOMEDCT'
  ).split(' '),
);

const URI_BEGINNINGS: readonly string[] = [
  'http://terminology.hl7.org/',
  'http://hl7.org/fhir/',
  'http://snomed.info/sct',
  'http://loinc.org',
  'http://unitsofmeasure.org',
  'http://www.nlm.nih.gov/research/umls/rxnorm',
  'http://www.ama-assn.org/go/cpt',
  'http://www.cms.gov/Medicare/Coding/',
  'https://www.cms.gov/Medicare/Coding/',
  'http://dicom.nema.org/',
  'http://fdasis.nlm.nih.gov',
  'http://hl7.org/',
  'http://nucc.org/provider-taxonomy',
  'https://nahdo.org/sopt',
  'http://www.whocc.no/atc',
  'http://varnomen.hgvs.org',
  'http://www.genenames.org',
  'http://ihe.net/',
  'http://standardterms.edqm.eu',
  'urn:ietf:bcp:',
  'urn:ietf:rfc:',
  'urn:iso:std:iso:',
  'urn:oid:2.16.840.1.113883.',
  'urn:oid:1.2.840.10008.',
];

/** HL7's arcs, and the registered ones that C-CDA binds beside them. */
const OID_BEGINNINGS: readonly string[] = [
  '2.16.840.1.113883.5.',
  '2.16.840.1.113883.6.',
  '2.16.840.1.113883.12.',
  '2.16.840.1.113883.1.11.',
  '2.16.840.1.113883.18.',
  '2.16.840.1.113883.4.',
  '2.16.840.1.113883.3.26.1.',
  '2.16.840.1.113883.3.88.12.',
  '2.16.840.1.113883.3.221.5',
  '2.16.840.1.113883.3.2074.1.',
  '2.16.840.1.114222.4.',
  '2.16.840.1.113883.10.20.',
  '1.2.840.10008.',
  '1.3.6.1.4.1.12009.10.',
  '1.0.3166.1',
];

/** `L`, `99zzz` and `HL7nnnn` are names the table itself makes room for. */
export function isKnownTableName(name: string): boolean {
  const upper = name.toUpperCase();
  return TABLE_0396.has(upper) || /^(?:99[A-Z0-9]{1,4}|HL7\d{4}|ISO\d{4}|CDCREC|I\d{1,2}[A-Z]*)$/.test(upper);
}

export function isKnownUri(uri: string): boolean {
  return URI_BEGINNINGS.some((beginning) => uri.startsWith(beginning));
}

export function isKnownOid(oid: string): boolean {
  return OID_BEGINNINGS.some((beginning) => oid === beginning || oid.startsWith(beginning));
}
