/**
 * How likely two charts are of one person: the weights of I. P. Fellegi and A. B. Sunter, A Theory for Record Linkage
 * (1969). Each comparison adds log2(m / u): how often charts of one person agree so, over how often strangers do.
 */
import { isCloseDay, isCloseName, isShortForm, isWithinEdits } from './likeness.ts';
import type { Person } from './person.ts';

/** One comparison and what it weighs, in bits. The words never hold a value. */
export interface Weight {
  readonly what: string;
  readonly bits: number;
}

export interface Likeness {
  readonly bits: number;
  readonly weights: readonly Weight[];
}

/** How common a name is among the patients looked at, as a share; of a rare one the prior. */
export interface Frequencies {
  family(name: string): number;
  given(name: string): number;
}

/**
 * How often charts of one person agree. Disagreements as counted in 398 939 confirmed duplicates (PMC4832129: middle
 * name 58.3 %, SSN 53.5 %, first name 53.1 % and last name 33.6 % misspelled or other), lowered where being absent,
 * which weighs nothing here, was counted among them.
 */
const SAME_IN_ONE_PERSON = {
  family: 0.72,
  familyClose: 0.13,
  given: 0.66,
  givenClose: 0.12,
  givenShort: 0.1,
  birth: 0.86,
  birthClose: 0.1,
  sex: 0.98,
  ssn: 0.75,
  ssnClose: 0.15,
  middle: 0.6,
  phone: 0.5,
  address: 0.45,
  postal: 0.2,
} as const;

/** How often strangers agree, where it is not counted. */
const SAME_IN_STRANGERS = {
  familyClose: 0.002,
  givenClose: 0.006,
  givenShort: 0.01,
  birth: 1 / 25_000,
  birthClose: 1 / 700,
  sex: 0.5,
  ssn: 1e-8,
  ssnClose: 1e-6,
  middle: 0.02,
  phone: 1e-6,
  address: 1e-5,
  postal: 0.01,
  swapped: 1e-6,
} as const;

/** The names of one person stand in each other's place. */
const NAMES_SWAPPED = 0.02;

export function likenessOf(one: Person, other: Person, common: Frequencies): Likeness {
  const weights = [
    ...ofNames(one, other, common),
    ofBirth(one, other),
    plain('sex', one.sex, other.sex, SAME_IN_ONE_PERSON.sex, SAME_IN_STRANGERS.sex),
    ofMiddle(one, other),
    ofSsn(one, other),
    ofPhone(one, other),
    ofAddress(one, other),
  ].filter((each) => each !== undefined);
  return { bits: weights.reduce((sum, { bits }) => sum + bits, 0), weights };
}

/**
 * Whether the two cannot be told apart from kin: twins share all but the given name, a father and a son all but the
 * birth. Then only a number of their own can make them one.
 */
export function isPerhapsKin(one: Person, other: Person): boolean {
  if (one.ssn !== '' && one.ssn === other.ssn) return false;
  if (one.suffix !== '' && other.suffix !== '' && one.suffix !== other.suffix) return true;
  const isSameBirth = one.birth === '' || other.birth === '' || one.birth === other.birth;
  if (!isSameBirth && !isCloseDay(one.birth, other.birth)) return true;
  if (one.given === '' || other.given === '') return false;
  if (one.given === other.family && one.family === other.given) return false;
  // A brother and a sister may be called alike, and a slip in both name and sex is rarer than that.
  const isOtherSex = one.sex !== '' && other.sex !== '' && one.sex !== other.sex;
  return isOtherSex ? one.given !== other.given : !isLikeGiven(one, other);
}

function isLikeGiven(one: Person, other: Person): boolean {
  return (
    one.given === other.given ||
    isCloseName(one.given, other.given) ||
    isShortForm(one.given, other.given) ||
    isInitial(one.given, other.given) ||
    isByMiddle(one, other)
  );
}

function isInitial(one: string, other: string): boolean {
  return (one.length === 1 && other.startsWith(one)) || (other.length === 1 && one.startsWith(other));
}

/** Called by the middle name in one of the two, which then has no other. */
function isByMiddle(one: Person, other: Person): boolean {
  const isCalledBy = (short: Person, full: Person): boolean =>
    short.middle === '' && full.middle.length > 1 && full.middle === short.given;
  return isCalledBy(one, other) || isCalledBy(other, one);
}

function ofNames(one: Person, other: Person, common: Frequencies): readonly (Weight | undefined)[] {
  const isSwapped = one.given !== '' && one.given === other.family && one.family === other.given;
  if (isSwapped && one.given !== one.family) {
    return [weight('given and family name swapped', NAMES_SWAPPED, SAME_IN_STRANGERS.swapped)];
  }
  return [ofFamily(one, other, common), ofGiven(one, other, common)];
}

function ofFamily(one: Person, other: Person, common: Frequencies): Weight | undefined {
  const { family, familyClose } = SAME_IN_ONE_PERSON;
  if (one.family === other.family) return weight('family name same', family, common.family(one.family));
  if (isCloseName(one.family, other.family) || isPartOf(one.family, other.family)) {
    return weight('family name close', familyClose, SAME_IN_STRANGERS.familyClose);
  }
  return weight('family name differs', 1 - family - familyClose, 1);
}

/** `garcia` in `garcialopez`: one of two family names was left out. */
function isPartOf(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return short.length >= 5 && (long.startsWith(short) || long.endsWith(short));
}

function ofGiven(one: Person, other: Person, common: Frequencies): Weight | undefined {
  if (one.given === '' || other.given === '') return undefined;
  const { given, givenClose, givenShort } = SAME_IN_ONE_PERSON;
  if (one.given === other.given) return weight('given name same', given, common.given(one.given));
  if (isCloseName(one.given, other.given)) {
    return weight('given name close', givenClose, SAME_IN_STRANGERS.givenClose);
  }
  if (isLikeGiven(one, other)) return weight('given name a short form', givenShort, SAME_IN_STRANGERS.givenShort);
  return weight('given name differs', 1 - given - givenClose - givenShort, 1);
}

function ofBirth({ birth: one }: Person, { birth: other }: Person): Weight | undefined {
  if (one === '' || other === '') return undefined;
  const { birth, birthClose } = SAME_IN_ONE_PERSON;
  if (one === other) return weight('birth date same', birth, SAME_IN_STRANGERS.birth);
  if (isCloseDay(one, other)) return weight('birth date close', birthClose, SAME_IN_STRANGERS.birthClose);
  return weight('birth date differs', 1 - birth - birthClose, 1);
}

function ofMiddle({ middle: one }: Person, { middle: other }: Person): Weight | undefined {
  if (one === '' || other === '') return undefined;
  const { middle } = SAME_IN_ONE_PERSON;
  if (one !== other && !isInitial(one, other)) return weight('middle name differs', 1 - middle, 1);
  const isShort = one.length === 1 || other.length === 1;
  return weight('middle name same', middle, isShort ? 0.08 : SAME_IN_STRANGERS.middle);
}

function ofSsn({ ssn: one }: Person, { ssn: other }: Person): Weight | undefined {
  if (one === '' || other === '') return undefined;
  const { ssn, ssnClose } = SAME_IN_ONE_PERSON;
  if (one === other) return weight('SSN same', ssn, SAME_IN_STRANGERS.ssn);
  if (isWithinEdits(one, other, 1)) return weight('SSN close', ssnClose, SAME_IN_STRANGERS.ssnClose);
  return weight('SSN differs', 1 - ssn - ssnClose, 1);
}

function ofPhone({ phone: one }: Person, { phone: other }: Person): Weight | undefined {
  if (one === '' || other === '') return undefined;
  const { phone } = SAME_IN_ONE_PERSON;
  // People change numbers: another one says little.
  return one === other ? weight('phone same', phone, SAME_IN_STRANGERS.phone) : weight('phone differs', 1 - phone, 1);
}

function ofAddress(one: Person, other: Person): Weight | undefined {
  if (one.postal === '' || other.postal === '') return undefined;
  const { address, postal } = SAME_IN_ONE_PERSON;
  if (one.postal !== other.postal) return weight('postal code differs', 1 - address - postal, 1);
  const isSameHouse = one.house !== '' && one.house === other.house;
  if (isSameHouse) return weight('address same', address, SAME_IN_STRANGERS.address);
  return weight('postal code same', postal, SAME_IN_STRANGERS.postal);
}

function plain(what: string, one: string, other: string, m: number, u: number): Weight | undefined {
  if (one === '' || other === '') return undefined;
  return one === other ? weight(`${what} same`, m, u) : weight(`${what} differs`, 1 - m, 1 - u);
}

function weight(what: string, m: number, u: number): Weight {
  return { what, bits: Math.log2(m / u) };
}

/** Of a hundred charts so many are a second one of somebody: 5 to 18 in published counts. */
const SECOND_CHARTS_SHARE = 0.05;

/** The probability that two charts with this weight are one person's, where so many patients were looked at. */
export function probabilityOf(bits: number, patients: number): number {
  // Pairs of one person over all pairs: share * n over n * n / 2.
  const prior = Math.log2((2 * SECOND_CHARTS_SHARE) / Math.max(patients, 2));
  return 1 / (1 + 2 ** -(bits + prior));
}

/** `family name same +9.2, birth date close +6.1`, the heaviest first. */
export function explain({ weights }: Likeness): string {
  return weights
    .toSorted((left, right) => right.bits - left.bits)
    .map(({ what, bits }) => `${what} ${bits < 0 ? '' : '+'}${bits.toFixed(1)}`)
    .join(', ');
}
