/** Who a patient is, as far as charts tell: in one spelling, so that two charts can be held against each other. */
import type { Json } from '../../../kernel/canonical-json.ts';
import { listOf, type Members, membersOf, textOf } from './resource.ts';

/** Every member is empty where it is not known, or cannot be meant. */
export interface Person {
  readonly family: string;
  readonly given: string;
  readonly middle: string;
  /** `jr`, `iii`. */
  readonly suffix: string;
  /** YYYY-MM-DD. */
  readonly birth: string;
  readonly sex: string;
  /** Nine digits. */
  readonly ssn: string;
  /** The last ten digits. */
  readonly phone: string;
  /** Five digits, or what stands in their place elsewhere. */
  readonly postal: string;
  /** The number of the house. */
  readonly house: string;
}

export const PERSON_MEMBERS = [
  'family',
  'given',
  'middle',
  'suffix',
  'birth',
  'sex',
  'ssn',
  'phone',
  'postal',
  'house',
] as const satisfies readonly (keyof Person)[];

const FULL_DATE = /^\d{4}-\d{2}-\d{2}$/;
/** Days that many charts share because nobody knew better. */
const PLACEHOLDER_BIRTHS: readonly string[] = ['1900-01-01', '1899-12-30', '1899-12-31', '1901-01-01'];
const KNOWN_SEX: readonly string[] = ['male', 'female', 'other'];
const SSN_SYSTEMS: readonly string[] = ['http://hl7.org/fhir/sid/us-ssn', 'urn:oid:2.16.840.1.113883.4.1'];
/** What the Social Security Administration never gives out, and what people type instead. */
const NO_SSN = /^(?:000|666|9\d\d)|^\d{3}00|0000$|^(\d)\1{8}$|^123456789$/;
const NO_PHONE = /^(\d)\1*$|^(?:\d{3})?5550{4}$/;
const SUFFIX = /^(?:jr|sr|ii|iii|iv)$/;
/** Names that stand for none. */
const NO_NAME = /^(?:unknown|unk|test|patient|baby|babyboy|babygirl|infant|male|female|none|na|doe|null)$/;

/** Undefined where a chart tells too little for anything to follow: no family name, or nothing else beside it. */
export function personOf(resource: Json): Person | undefined {
  const members = membersOf(resource);
  if (members['resourceType'] !== 'Patient') return undefined;
  const { family, given, middle, suffix } = namesOf(members);
  const [born, said] = [textOf(members['birthDate']) ?? '', textOf(members['gender']) ?? ''];
  const birth = FULL_DATE.test(born) && !PLACEHOLDER_BIRTHS.includes(born) ? born : '';
  if (family === '' || (given === '' && birth === '')) return undefined;
  const sex = KNOWN_SEX.includes(said) ? said : '';
  return { family, given, middle, suffix, birth, sex, ...contactOf(members) };
}

/** One line of text, and back. */
export function writePerson(person: Person): string {
  return PERSON_MEMBERS.map((name) => person[name]).join('|');
}

export function readPerson(text: string): Person {
  // In the order of PERSON_MEMBERS. Millions are read: this is many times as fast as by their names.
  const [family = '', given = '', middle = '', suffix = '', birth = '', ...others] = text.split('|');
  const [sex = '', ssn = '', phone = '', postal = '', house = ''] = others;
  return { family, given, middle, suffix, birth, sex, ssn, phone, postal, house };
}

function namesOf(members: Members): Pick<Person, 'family' | 'given' | 'middle' | 'suffix'> {
  const names = listOf(members['name']).map(membersOf);
  const chosen = names.find(({ use }) => use === 'official') ?? names[0] ?? {};
  const [given = '', ...others] = listOf(chosen['given']).flatMap((each) => (textOf(each) ?? '').split(/\s+/));
  const said = (text: string): string => (NO_NAME.test(normalized(text)) && text.length > 0 ? '' : normalized(text));
  const family = normalized(textOf(chosen['family']) ?? '');
  const [suffix = ''] = listOf(chosen['suffix'])
    .map((each) => normalized(textOf(each) ?? ''))
    .filter((each) => SUFFIX.test(each));
  const middle = others.map(normalized).find((each) => each !== '') ?? '';
  return { family, given: said(given), middle, suffix };
}

function contactOf(members: Members): Pick<Person, 'ssn' | 'phone' | 'postal' | 'house'> {
  const ssn = listOf(members['identifier'])
    .map(membersOf)
    .filter(({ system }) => SSN_SYSTEMS.includes(textOf(system) ?? ''))
    .map(({ value }) => digitsOf(textOf(value)))
    .find((digits) => digits.length === 9 && !NO_SSN.test(digits));
  const phone = listOf(members['telecom'])
    .map(membersOf)
    .filter(({ system, value }) => (system === undefined || system === 'phone') && value !== undefined)
    .map(({ value }) => digitsOf(textOf(value)).slice(-10))
    .find((digits) => digits.length >= 7 && !NO_PHONE.test(digits));
  const address = listOf(members['address']).map(membersOf)[0] ?? {};
  const house = /^\s*(\d{1,6})\b/.exec(textOf(listOf(address['line'])[0]) ?? '')?.[1] ?? '';
  const postal = normalized(textOf(address['postalCode']) ?? '').slice(0, 5);
  return { ssn: ssn ?? '', phone: phone ?? '', postal, house };
}

function digitsOf(text: string | undefined): string {
  return (text ?? '').replaceAll(/\D/g, '');
}

/** Letters and digits only, without accents and case. */
function normalized(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .toLowerCase();
}

/** More numbers of one chart are not looked up by. */
const NUMBERS_MAX = 20;

/** What a patient may be filed under: its identifiers, and what stands behind the colon of its source key. */
export function numbersOf(key: string, resource: Json): readonly string[] {
  const identifiers = listOf(membersOf(resource)['identifier']).flatMap(
    (each) => textOf(membersOf(each)['value']) ?? [],
  );
  const numbers = [key, ...identifiers].flatMap((each) => [each, each.slice(each.indexOf(':') + 1)]);
  return [...new Set(numbers.map(numberAsWritten))].filter((each) => each !== '').slice(0, NUMBERS_MAX);
}

/** One spelling of a number: case and white space do not tell two apart; leading zeros do. */
export function numberAsWritten(text: string): string {
  return text.replaceAll(/\s/g, '').toUpperCase();
}
