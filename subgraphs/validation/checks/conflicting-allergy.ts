/** "No known allergies" beside an allergy: one of the two is wrong, and a prescriber sees only one of them. */
import type { Json } from '../../../kernel/canonical-json.ts';
import type { Check } from '../domain/check.ts';
import { codingsOf, hasCode, listOf, membersOf, textOf } from './resource.ts';

export const CONFLICTING_ALLERGY: Check = {
  id: 'conflicting-allergy',
  version: '1',
  layer: 'content',
  method: 'relation',
  requirements: ['C11', 'J02', 'J10'],
  categories: ['conflicting-allergy'],
  codes: ['ALLERGIES_CONFLICT'],
  cannotSee: 'allergies told in narrative text only, and in formats it does not read',
};

/** What one statement says: none at all, none to drugs, an allergy to a drug, an allergy to something else. */
export type AllergyStatement = 'none' | 'no-drug' | 'drug' | 'other';

/** SNOMED CT: no known allergy; no known allergies. */
const NO_KNOWN_ALLERGY = ['716186003', '160244002'];
/** SNOMED CT: no known drug allergy. */
const NO_KNOWN_DRUG_ALLERGY = ['409137002'];
/** SNOMED CT: no known food, latex, animal, environmental allergy, and the like. These conflict with no drug. */
const NO_KNOWN_OTHER_ALLERGY = ['429625007', '1003774007', '716184000', '716220001', '428607008', '428197003'];
const NONE_IN_WORDS = /^(nka|n\.k\.a\.|no known allerg(y|ies))$/i;
const NO_DRUG_IN_WORDS = /^(nkda|n\.k\.d\.a\.|no known (drug|medication) allerg(y|ies))$/i;
const DRUG_SYSTEMS = /rxnorm|fhir\/sid\/ndc|whocc\.no\/atc|fdasis|fhir\/ndfrt/i;
const ENDED = ['inactive', 'resolved'];
const WITHDRAWN = ['refuted', 'entered-in-error'];

/** Whether it states that there is none of some kind, rather than one. */
export function deniesAllergy(code: Json | undefined): boolean {
  const words = textOf(membersOf(code)['text']) ?? '';
  const isCoded = hasCode(code, [...NO_KNOWN_ALLERGY, ...NO_KNOWN_DRUG_ALLERGY, ...NO_KNOWN_OTHER_ALLERGY]);
  return isCoded || NONE_IN_WORDS.test(words) || NO_DRUG_IN_WORDS.test(words);
}

/** What an AllergyIntolerance says that holds now; undefined for what was withdrawn, has ended, or says nothing. */
export function allergyStatementOf(resource: Json): AllergyStatement | undefined {
  const { resourceType, clinicalStatus, verificationStatus, code, category } = membersOf(resource);
  if (resourceType !== 'AllergyIntolerance') return undefined;
  if (hasCode(clinicalStatus, ENDED) || hasCode(verificationStatus, WITHDRAWN)) return undefined;
  const words = textOf(membersOf(code)['text']) ?? '';
  if (hasCode(code, NO_KNOWN_ALLERGY) || NONE_IN_WORDS.test(words)) return 'none';
  if (hasCode(code, NO_KNOWN_DRUG_ALLERGY) || NO_DRUG_IN_WORDS.test(words)) return 'no-drug';
  if (hasCode(code, NO_KNOWN_OTHER_ALLERGY)) return undefined;
  if (codingsOf(code).length === 0 && words === '') return undefined;
  const isDrug = listOf(category).some((each) => each === 'medication' || each === 'biologic');
  return isDrug || codingsOf(code).some(({ system }) => DRUG_SYSTEMS.test(system)) ? 'drug' : 'other';
}

/** Whether two statements about one patient cannot both be true. */
export function isConflict(denial: AllergyStatement, claim: AllergyStatement): boolean {
  return (denial === 'none' && (claim === 'drug' || claim === 'other')) || (denial === 'no-drug' && claim === 'drug');
}
