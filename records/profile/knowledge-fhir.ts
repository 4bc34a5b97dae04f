/** What the elements of FHIR R4 hold, by the names at the end of their path. */
import { UNKNOWN, type Knowledge } from './phi.ts';

const DATE_END = new RegExp(
  '(?:Date|DateTime|Instant|[pP]eriod\\.(?:start|end)|' +
    '\\.(?:date|issued|authoredOn|authored|recorded|created|sent|received|lastUpdated|timestamp|lastOccurrence|onset|' +
    'time|event|creation))$',
);
const COMING =
  /(?:expir|appointment\.|Slot\.|validityPeriod|\.scheduled|\.nextS|\.period\.end|Period\.end|occurrence)/i;
const PEOPLE =
  'subject patient performer author requester recorder asserter individual actor beneficiary subscriber other member ' +
  'provider practitioner party sender generalPractitioner informationSource custodian attester authenticator ' +
  'collector operator who signer responsible recipient';
const PERSON = PEOPLE.replaceAll(' ', '|');
const TEXT = 'div|comment|conclusion|description|patientInstruction|data|valueString|text';

/** The first that matches; order matters. */
const RULES: readonly (readonly [RegExp, Knowledge])[] = [
  [/(?:^|\.)(?:meta\.profile|extension\[.*\]\.url|system|implicitRules|instantiatesUri)$/, UNKNOWN],
  [/\.birthDate$/, { phi: 'date', expected: 'date', moment: 'birth' }],
  [
    /(?:^Patient|^Person|^RelatedPerson|^Practitioner|\.contact|\.contained)\.name(?:\.|$)|\.name\.(?:family|given)$/,
    { phi: 'name' },
  ],
  [new RegExp(`\\.(?:${PERSON})\\.display$`), { phi: 'name' }],
  [
    /(?:\.|A)ddress\.(?:line|city|district|state|postalCode|text|country)$|\.position\.(?:latitude|longitude)$/,
    { phi: 'address' },
  ],
  [/\.telecom\.value$|\.valueContactPoint\.value$/, { phi: 'phone' }],
  [/^(?:Patient|Person|RelatedPerson)\.identifier\.value$/, { phi: 'record-number', isIdentifier: true }],
  [/\.subscriberId$|^Coverage\.identifier\.value$/, { phi: 'health-plan', isIdentifier: true }],
  [/^Account\.identifier\.value$/, { phi: 'account', isIdentifier: true }],
  [/\.qualification\.identifier\.value$/, { phi: 'licence', isIdentifier: true }],
  [
    /\.(?:serialNumber|udiCarrier\.(?:carrierHRF|carrierAIDC|deviceIdentifier)|deviceIdentifier|distinctIdentifier)$/,
    { phi: 'device' },
  ],
  [/\.photo\.data$/, { phi: 'image' }],
  [
    /\.(?:identifier\.value|id|reference|fullUrl|versionId)$|IntegerIdentifier$/i,
    { phi: 'identifier', isIdentifier: true },
  ],
  [new RegExp(`\\.(?:${TEXT})$`), { phi: 'free-text' }],
  [/\.attachment\.url$|\.url$/, { phi: 'url' }],
];

/** Elements that are codings or quantities. */
const CODED_SYSTEM =
  /\.(?:coding|valueCoding|class|meta\.(?:security|tag)|type|(?:value|low|high|dose|rate)?Quantity)\.system$/;

/** `path` as `Patient.name.family`. */
export function fhirKnowledge(path: string): Knowledge {
  if (CODED_SYSTEM.test(path)) {
    return { phi: 'none', codeSystem: 'uri' };
  }
  if (path !== 'Patient.birthDate' && DATE_END.test(path) && !/\.birthDate$/.test(path)) {
    return { phi: 'date', expected: 'date', ...(COMING.test(path) ? { moment: 'coming' } : {}) };
  }
  return RULES.find(([pattern]) => pattern.test(path))?.[1] ?? UNKNOWN;
}
