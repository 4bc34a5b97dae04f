/** The synthetic patients of the practice. Nobody here exists. */
import type { Random } from './random.ts';

export interface Person {
  /** Medical record number, seven digits, leading zeros and all. */
  readonly mrn: string;
  readonly last: string;
  readonly first: string;
  readonly middle: string;
  /** YYYY-MM-DD. */
  readonly born: string;
  readonly sex: 'F' | 'M';
  readonly phone: string;
  readonly street: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
}

const LAST = [
  'Abernathy',
  'Björk',
  'Castellanos',
  "O'Farrell",
  'Dubois-Laurent',
  'Eriksen',
  'Featherstone',
  'García',
  'Hollingsworth',
  'Ibarra',
  'Jankowski',
  'Kowalczyk',
  'Lindqvist',
  'Montgomery',
  'Nakamura',
  'Okonkwo',
  'Petrosyan',
  'Quintanilla',
  'Rasmussen',
  'Sørensen',
  'Takahashi',
  'Underwood',
  'Vandenberg',
  'Whitfield',
  'Xiong',
  'Yamamoto',
  'Zielinski',
] as const;
const FIRST_F = [
  'Adaeze',
  'Beatriz',
  'Chloé',
  'Dagny',
  'Elif',
  'Fatima',
  'Greta',
  'Hana',
  'Imogen',
  'Juniper',
  'Katarina',
] as const;
const FIRST_M = [
  'Anselm',
  'Bjarne',
  'Cyrus',
  'Dmitri',
  'Emeka',
  'Florian',
  'Gideon',
  'Håkon',
  'Ignacio',
  'Jasper',
  'Kofi',
] as const;
const STREETS = ['Alder Court', 'Birchwood Lane', 'Cedar Hollow Road', 'Dogwood Terrace', 'Elmhurst Avenue'] as const;
const CITIES = [
  ['Ashfield', 'MA', '01330'],
  ['Bellows Falls', 'VT', '05101'],
  ['Carver', 'MA', '02330'],
  ['Dover', 'NH', '03820'],
] as const;

const FIRST_MRN = 12_001;

/** `count` people, no two of whom share name, birth date and sex. */
export function people(count: number, random: Random): readonly Person[] {
  const seen = new Set<string>();
  const made: Person[] = [];
  while (made.length < count) {
    const person = onePerson(String(FIRST_MRN + made.length * 7).padStart(7, '0'), random);
    const identity = `${person.last}|${person.first}|${person.born}|${person.sex}`;
    if (seen.has(identity)) continue;
    seen.add(identity);
    made.push(person);
  }
  return made;
}

function onePerson(mrn: string, random: Random): Person {
  const sex = random.pick(['F', 'M']);
  const [city, state, zip] = random.pick(CITIES);
  return {
    mrn,
    last: random.pick(LAST),
    first: random.pick(sex === 'F' ? FIRST_F : FIRST_M),
    middle: random.chance(0.6) ? random.pick(['A', 'E', 'J', 'M', 'T']) : '',
    born: `${random.integer(1931, 2019)}-${twoDigits(random.integer(1, 12))}-${twoDigits(random.integer(1, 28))}`,
    sex,
    phone: `603-555-${String(random.integer(0, 9999)).padStart(4, '0')}`,
    street: `${random.integer(1, 400)} ${random.pick(STREETS)}`,
    city,
    state,
    zip,
  };
}

export function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
