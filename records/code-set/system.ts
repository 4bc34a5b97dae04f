/** The code systems a migration meets: their names, and how their codes are written. */
import type { CodeSystem } from './document.ts';

const ICD_9_CM = 'http://hl7.org/fhir/sid/icd-9-cm';
const ICD_10_CM = 'http://hl7.org/fhir/sid/icd-10-cm';
const ICD_9_PROCEDURES = 'http://terminology.hl7.org/CodeSystem/ICD-9CM-procedurecodes';
const ICD_10_PCS = 'http://www.cms.gov/Medicare/Coding/ICD10';
export const CVX = 'http://hl7.org/fhir/sid/cvx';

const NAMES: ReadonlyMap<string, string> = new Map([
  [ICD_9_CM, 'ICD-9-CM'],
  [ICD_10_CM, 'ICD-10-CM'],
  [ICD_9_PROCEDURES, 'ICD-9-CM procedures'],
  [ICD_10_PCS, 'ICD-10-PCS'],
  [CVX, 'CVX'],
  ['http://loinc.org', 'LOINC'],
  ['http://snomed.info/sct', 'SNOMED CT'],
  ['http://www.nlm.nih.gov/research/umls/rxnorm', 'RxNorm'],
  ['http://www.ama-assn.org/go/cpt', 'CPT'],
]);

export function codeSystem(system: string, version?: string): CodeSystem {
  const name = NAMES.get(system) ?? system.slice(Math.max(system.lastIndexOf('/'), system.lastIndexOf(':')) + 1);
  return { system, name: name === '' ? system : name, ...(version === undefined ? {} : { version }) };
}

/** `HL70001`, `HL7-0001` or `0001`: the URI of an HL7 v2 table; undefined where it is something else. */
export function hl7TableSystem(text: string): string | undefined {
  const [, table] = /^(?:HL7-?)?(\d{4})$/.exec(text.trim()) ?? [];
  return table === undefined ? undefined : `http://terminology.hl7.org/CodeSystem/v2-${table}`;
}

/** Characters before the point of a code, by system; GEMs and many extracts leave it out. */
const POINTS: ReadonlyMap<string, (code: string) => number> = new Map<string, (code: string) => number>([
  [ICD_9_CM, (code) => (code.startsWith('E') ? 4 : 3)],
  [ICD_10_CM, () => 3],
  [ICD_9_PROCEDURES, () => 2],
]);

/** Where a point belongs into the codes of a system. */
export function hasPoints(system: string): boolean {
  return POINTS.has(system);
}

/** The code as its system writes it: `A0100` of ICD-10-CM is `A01.00`. */
export function withPoint(system: string, code: string): string {
  const at = POINTS.get(system)?.(code);
  return at === undefined || code.length <= at || code.includes('.') ? code : `${code.slice(0, at)}.${code.slice(at)}`;
}
