/** A population by seed, with second charts of whom we know whose they are, and with kin who are easily mistaken. */
import type { Json } from '../../kernel/canonical-json.ts';

export interface Charted {
  /** Who it truly is. */
  readonly who: number;
  readonly resource: Json;
}

/** Shares of all persons. */
const SECOND_CHARTS = 0.08;
const TWINS = 0.01;
const NAMESAKES_IN_A_HOUSE = 0.01;
const PERSONS_OF_A_HOUSE = 3;
const POSTAL_CODES_PER_PERSON = 1 / 900;

/** mulberry32: 32 bits of state, the same numbers on every machine. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Life {
  readonly family: string;
  readonly given: string;
  readonly middle: string;
  readonly suffix: string;
  readonly birth: string;
  readonly sex: string;
  readonly ssn: string;
  readonly phone: string;
  readonly postal: string;
  readonly house: number;
}

const GIVEN = (
  'james robert john michael william david richard joseph thomas charles christopher daniel matthew ' +
  'anthony mark donald steven paul andrew joshua mary patricia jennifer linda elizabeth barbara susan ' +
  'jessica sarah karen lisa nancy betty margaret sandra ashley kimberly emily donna michelle carol ' +
  'amanda dorothy melissa deborah stephanie rebecca sharon laura cynthia kathleen amy angela shirley ' +
  'anna brenda pamela emma nicole helen samantha katherine christine jose maria juan guadalupe luis ' +
  'carmen wei ming priya fatima olga ivan yuki ahmed'
).split(' ');
const NICKNAMES: Readonly<Record<string, string>> = {
  robert: 'bob',
  william: 'bill',
  richard: 'dick',
  james: 'jim',
  john: 'jack',
  charles: 'chuck',
  joseph: 'joe',
  thomas: 'tom',
  michael: 'mike',
  anthony: 'tony',
  elizabeth: 'liz',
  margaret: 'peggy',
  patricia: 'trish',
  jennifer: 'jenny',
  susan: 'sue',
  deborah: 'debbie',
  katherine: 'kate',
};
const SYLLABLES = (
  'an ber cor dal el fen gar hol is jen kel lor mar nor ol per quin ros sol tam ul ver wil yor zan bra ' +
  'cle dri flo gre'
).split(' ');
const FAMILIES = 30_000;

/** Every chart of a population of so many persons, in the order of registration. */
export function* population(persons: number, seed: number): Generator<Charted> {
  const next = random(seed);
  let home: Life | undefined;
  for (let who = 0; who < persons; who++) {
    const life = kinOr(home, who, persons, next);
    if (who % PERSONS_OF_A_HOUSE === 0) home = life;
    yield { who, resource: chartOf(life) };
    if (next() < SECOND_CHARTS) yield { who, resource: chartOf(misheard(life, next)) };
  }
}

function kinOr(home: Life | undefined, who: number, persons: number, next: () => number): Life {
  const life = lifeOf(who, persons, next);
  if (home === undefined || who % PERSONS_OF_A_HOUSE === 0) return life;
  const { family, phone, postal, house, birth } = home;
  const shared = { ...life, family, phone, postal, house };
  const kind = next();
  if (kind < TWINS * PERSONS_OF_A_HOUSE) {
    const given = life.given === home.given ? `${life.given}ine` : life.given;
    return { ...shared, given, birth };
  }
  if (kind > 1 - NAMESAKES_IN_A_HOUSE * PERSONS_OF_A_HOUSE) {
    return { ...shared, given: home.given, sex: home.sex, suffix: next() < 0.5 ? 'Jr' : '' };
  }
  return shared;
}

function lifeOf(who: number, persons: number, next: () => number): Life {
  const given = zipf(GIVEN.length * 12, next);
  const postalCodes = Math.max(20, Math.round(persons * POSTAL_CODES_PER_PERSON));
  return {
    family: familyName(zipf(FAMILIES, next)),
    given: `${GIVEN[given % GIVEN.length]}${given < GIVEN.length ? '' : syllables(given)}`,
    middle: next() < 0.6 ? (GIVEN[zipf(GIVEN.length, next)] ?? '') : '',
    suffix: '',
    birth: day(next),
    sex: next() < 0.5 ? 'male' : 'female',
    ssn: next() < 0.7 ? `${100 + (who % 500)}-${11 + (who % 80)}-${1000 + Math.floor(next() * 8999)}` : '',
    phone: next() < 0.8 ? `617${String(2_000_000 + Math.floor(next() * 7_999_999))}` : '',
    postal: String(10_000 + Math.floor(next() * postalCodes)),
    house: 1 + Math.floor(next() * 400),
  };
}

/** Rank by a law close to Zipf's: a few names are very common, most are rare. */
function zipf(ranks: number, next: () => number): number {
  return Math.min(ranks - 1, Math.floor(ranks ** next()) - 1 + Math.floor(next() * 2));
}

function syllables(number: number): string {
  return `${SYLLABLES[number % SYLLABLES.length]}${SYLLABLES[(number * 7) % SYLLABLES.length]}`;
}

function familyName(rank: number): string {
  const first = SYLLABLES[rank % SYLLABLES.length] ?? '';
  return `${first}${syllables(Math.floor(rank / SYLLABLES.length))}${['son', 'ez', ''][rank % 3]}`;
}

function day(next: () => number): string {
  const date = new Date(Date.UTC(1930, 0, 1) + Math.floor(next() * 92 * 365.25) * 86_400_000);
  return date.toISOString().slice(0, 10);
}

/** The slips of second charts, in the shares of PMC4832129 as far as they are not values that are missing. */
function misheard(life: Life, next: () => number): Life {
  const chance = (share: number): boolean => next() < share;
  let { family, given, middle, birth, sex, ssn, phone, postal, house } = life;
  if (chance(0.16)) family = slip(family, next);
  else if (chance(0.09)) family = familyName(zipf(FAMILIES, next));
  else if (chance(0.04)) family = `${family}-${familyName(zipf(FAMILIES, next))}`;
  if (chance(0.2)) given = NICKNAMES[given] ?? given;
  else if (chance(0.18)) given = slip(given, next);
  else if (chance(0.05)) given = given.slice(0, 1);
  else if (middle !== '' && chance(0.04)) [given, middle] = [middle, ''];
  if (chance(0.45)) middle = chance(0.5) ? '' : middle.slice(0, 1);
  if (chance(0.03)) [family, given] = [given, family];
  if (chance(0.07)) birth = slipOfDigit(birth, next);
  else if (chance(0.02)) birth = `${birth.slice(0, 4)}-${birth.slice(8)}-${birth.slice(5, 7)}`;
  else if (chance(0.02)) birth = '1900-01-01';
  if (chance(0.01)) sex = sex === 'male' ? 'female' : 'male';
  if (chance(0.4)) ssn = '';
  else if (chance(0.1)) ssn = slipOfDigit(ssn, next);
  if (chance(0.5)) phone = chance(0.4) ? '' : `617${String(2_000_000 + Math.floor(next() * 7_999_999))}`;
  if (chance(0.4)) [postal, house] = [String(Number(postal) + 7), house + 11];
  return { ...life, family, given, middle, birth, sex, ssn, phone, postal, house };
}

function slip(text: string, next: () => number): string {
  const at = Math.floor(next() * Math.max(1, text.length - 1));
  const kind = Math.floor(next() * 3);
  if (kind === 0) return text.slice(0, at) + text.slice(at + 1);
  if (kind === 1) return text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2);
  return text.slice(0, at) + (SYLLABLES[Math.floor(next() * SYLLABLES.length)]?.[0] ?? 'x') + text.slice(at + 1);
}

function slipOfDigit(text: string, next: () => number): string {
  const places = [...text].flatMap((sign, at) => (/\d/.test(sign) && at > 1 ? [at] : []));
  const at = places[Math.floor(next() * places.length)];
  if (at === undefined) return text;
  return text.slice(0, at) + ((Number(text[at]) + 1 + Math.floor(next() * 8)) % 10) + text.slice(at + 1);
}

function chartOf(life: Life): Json {
  const { family, given, middle, suffix, birth, sex, ssn, phone, postal, house } = life;
  return {
    resourceType: 'Patient',
    name: [{ family, given: [given, middle].filter((each) => each !== ''), suffix: suffix === '' ? [] : [suffix] }],
    birthDate: birth,
    gender: sex,
    identifier: ssn === '' ? [] : [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: ssn }],
    telecom: phone === '' ? [] : [{ system: 'phone', value: phone }],
    address: [{ line: [`${house} Main Street`], postalCode: postal }],
  };
}
