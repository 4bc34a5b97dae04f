/** How the codes of each system are written: what a code of that system can never be, told without its tables. */

export type Shape = 'well-formed' | 'malformed' | 'check-digit-wrong' | 'system-unknown';

type Rule = (code: string) => Shape;

const matching =
  (pattern: RegExp): Rule =>
  (code) =>
    pattern.test(code) ? 'well-formed' : 'malformed';

/** ICD-10-CM official guidelines, I.A.2: three to seven characters, a point after the third, X as a placeholder. */
const ICD_10_CM = matching(/^[A-Z]\d[\dA-Z](?:\.?[\dA-Z]{1,4})?$/i);
const ICD_9_CM = matching(/^(?:\d{3}(?:\.?\d{1,2})?|V\d{2}(?:\.?\d{1,2})?|E\d{3}(?:\.?\d)?)$/i);
/** Seven characters, without the letters I and O. */
const ICD_10_PCS = matching(/^[\dA-HJ-NP-Z]{7}$/i);
/** Categories I to III, laboratory analyses, and modifiers of two characters. */
const CPT = matching(/^(?:\d{5}|\d{4}[AFMTU]|[\dA-Z]{2})$/i);
const HCPCS = matching(/^(?:[A-V]\d{4}|[\dA-Z]{2})$/i);
const CVX = matching(/^\d{1,3}$/);
const RXNORM = matching(/^[1-9]\d{0,7}$/);
/** Ten digits as 4-4-2, 5-3-2 or 5-4-1, eleven as 5-4-2; without hyphens ten or eleven (21 CFR 207.33). */
const NDC = matching(
  /^(?:\d{4}-\d{4}-\d{2}|\d{5}-\d{3}-\d{2}|\d{5}-\d{4}-\d{1,2}|\d{4}-\d{4}|\d{5}-\d{3,4}|\d{10,11})$/,
);
const UNII = matching(/^[\dA-Z]{10}$/);

const RULES: ReadonlyMap<string, Rule> = new Map([
  ['http://hl7.org/fhir/sid/icd-10-cm', ICD_10_CM],
  ['http://hl7.org/fhir/sid/icd-9-cm', ICD_9_CM],
  ['http://www.cms.gov/Medicare/Coding/ICD10', ICD_10_PCS],
  ['http://www.ama-assn.org/go/cpt', CPT],
  ['http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets', HCPCS],
  ['https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets', HCPCS],
  ['http://hl7.org/fhir/sid/cvx', CVX],
  ['http://www.nlm.nih.gov/research/umls/rxnorm', RXNORM],
  ['http://hl7.org/fhir/sid/ndc', NDC],
  ['http://fdasis.nlm.nih.gov', UNII],
  ['http://loinc.org', loinc],
  ['http://snomed.info/sct', snomed],
]);

/** What can be said of a code from how it is written; a code that exists is always `well-formed`. */
export function shapeOfCode(system: string, code: string): Shape {
  return RULES.get(system)?.(code) ?? 'system-unknown';
}

/** LOINC Users' Guide, 12 C: these were given wrong check digits and keep them. */
const LOINC_EXCEPTIONS: ReadonlySet<string> = new Set(
  '11491-6 11501-6 5895-7 5896-5 5897-3 5928-1 6028-3 6415-5 6580-7 6645-7 6646-5 6647-3 6648-1 6649-9'.split(' '),
);

/** A term has a Mod 10 check digit. Parts (LP), answers (LA) and lists (LL) have another one, which is not checked. */
function loinc(code: string): Shape {
  const [, digits, check] = /^(\d{1,7})-(\d)$/.exec(code) ?? [];
  if (digits === undefined || check === undefined) {
    return /^(?:L[ALP]|MTHU|X)\d{1,7}-\d$/.test(code) ? 'well-formed' : 'malformed';
  }
  return mod10(digits) === Number(check) || LOINC_EXCEPTIONS.has(code) ? 'well-formed' : 'check-digit-wrong';
}

/** Every second digit from the right is doubled, and the digits of all are added. */
function mod10(digits: string): number {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = digits.charCodeAt(digits.length - 1 - at) - ZERO;
    const weighted = at % 2 === 0 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return (10 - (sum % 10)) % 10;
}

const ZERO = 48;
/** SNOMED CT release file specifications, 6.3: 10^5 to 10^18, so six to eighteen digits. */
const SCTID = /^[1-9]\d{5,17}$/;
/** 6.3 and 5.5: the two digits before the check digit say what is identified; 00 and 10 are concepts. */
const CONCEPT_PARTITIONS: readonly string[] = ['00', '10'];
const POSTCOORDINATED = /^\(?\d{6,18}\s*[:+|]/;

function snomed(code: string): Shape {
  // An expression of several concepts is not one identifier.
  if (POSTCOORDINATED.test(code)) return 'well-formed';
  if (!SCTID.test(code)) return 'malformed';
  if (!hasVerhoeffDigit(code)) return 'check-digit-wrong';
  return CONCEPT_PARTITIONS.includes(code.slice(-3, -1)) ? 'well-formed' : 'malformed';
}

/** J. Verhoeff, Error Detecting Decimal Codes (1969): the dihedral group D5, and a permutation of period eight. */
function hasVerhoeffDigit(code: string): boolean {
  let check = 0;
  for (let at = 0; at < code.length; at++) {
    const digit = code.charCodeAt(code.length - 1 - at) - ZERO;
    check = product(check, PERMUTED[at % 8]?.[digit] ?? 0);
  }
  return check === 0;
}

function product(left: number, right: number): number {
  if (left < 5) return right < 5 ? (left + right) % 5 : 5 + ((left + right) % 5);
  return right < 5 ? 5 + ((left - right + 5) % 5) : (left - right + 5) % 5;
}

const PERMUTED: readonly (readonly number[])[] = permutations([1, 5, 7, 6, 2, 8, 3, 0, 9, 4]);

function permutations(once: readonly number[]): readonly (readonly number[])[] {
  const all: number[][] = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]];
  for (let power = 1; power < 8; power++) all.push((all[power - 1] ?? []).map((digit) => once[digit] ?? 0));
  return all;
}
