/** The same fact at another place of the same resource, or of another one. */
import type { Equivalence, View } from './equivalence.ts';
import { allOf, beside, type Fact, type Said } from './facts.ts';
import { unspent } from './same-spelling.ts';
import { systemOf } from './systems.ts';

const textOrName: Equivalence = {
  name: 'a text, or the name of its code',
  reason: 'what a coded element says in words stands in `text` or in the `display` of a coding',
  answer: ({ path, value }, said, view) => {
    const others = [
      ...(path.endsWith('.text') ? [path.replace(/text$/, 'coding.display')] : []),
      ...(path.endsWith('.coding.display') ? [path.replace(/coding\.display$/, 'text')] : []),
    ];
    for (const other of others) {
      const ours =
        view
          .counterpart(said)
          ?.facts.get(other)
          ?.filter((each) => each.value === value) ?? [];
      const [first] = ours;
      if (first !== undefined) return ours.find((each) => !view.isSpent(each)) ?? 'restated';
    }
    return undefined;
  },
};

const unitInWords: Equivalence = {
  name: 'a unit in words',
  reason: 'a unit that is no code of UCUM is text (`unit`), whatever system somebody puts beside it as a `code`',
  answer: (fact, said, view) => {
    if (!fact.path.endsWith('.code') || systemOf(beside(fact, 'system') ?? '') === 'http://unitsofmeasure.org') return;
    if (beside(fact, 'value') === undefined) return;
    return unspent(view, said, fact.path.replace(/code$/, 'unit')).find(({ value }) => value === fact.value);
  },
};

/** What tells a resource from others of its type: its numbers and its names. */
function identityOf(said: Said | undefined): readonly string[] {
  if (said === undefined) return [];
  return ['identifier.value', 'name', 'name.family'].flatMap((path) =>
    (said.facts.get(path) ?? []).map(({ value }) => value),
  );
}

/** Who is meant where a role is named: the person, or where none is the organization. */
function personOf(said: Said | undefined, view: View): Said | undefined {
  if (said?.type !== 'PractitionerRole') return said;
  const [who] = [...(said.facts.get('practitioner') ?? []), ...(said.facts.get('organization') ?? [])];
  return who?.reference === undefined ? undefined : view.expected.find(who.reference);
}

const namedReference: Equivalence = {
  name: 'a reference, or a number and a name',
  reason: 'whom a reference leads to is known by his number or name, and so is whom a reference names without leading',
  answer: (fact, said, view) => {
    if (fact.reference === undefined) return;
    const identity = identityOf(personOf(view.expected.find(fact.reference), view));
    return [`${fact.path}.identifier.value`, `${fact.path}.display`]
      .flatMap((path) => unspent(view, said, path))
      .find(({ value }) => identity.includes(value));
  },
};

const throughRole: Equivalence = {
  name: 'a person, or the role made for him',
  reason: 'the element that names a person says in what role: a role of its own between them adds nothing',
  answer: (fact, said, view) => {
    if (fact.reference === undefined || fact.value !== 'to PractitionerRole') return;
    const identity = identityOf(personOf(view.expected.find(fact.reference), view));
    return unspent(view, said, fact.path).find((ours) => {
      const known = ours.reference === undefined ? [] : identityOf(view.made.find(ours.reference));
      return known.some((each) => identity.includes(each)) || identity.includes(beside(ours, 'display') ?? '');
    });
  },
};

/** The places at which others say of a patient's contact what we say of a related person. */
const CONTACT = 'contact.';

const contactOfPatient: Equivalence = {
  name: 'a contact of the patient, or a person related to him',
  reason: 'next of kin are persons of their own (RelatedPerson of the patient), who can have numbers and languages',
  answer: (fact, said, view) => {
    if (said.type !== 'Patient' || !fact.path.startsWith(CONTACT)) return;
    const contact = fact.within.at(-1);
    const facts = allOf(said).filter(({ within }) => within.at(-1) === contact);
    const names = facts.filter(({ path }) => path.startsWith('contact.name.'));
    const person = view.made.said.find(
      (ours) =>
        ours.type === 'RelatedPerson' &&
        names.length > 0 &&
        names.every(({ path, value }) => saysAt(ours, path.slice(CONTACT.length), value)),
    );
    return person !== undefined && saysAt(person, fact.path.slice(CONTACT.length), fact.value) ? 'restated' : undefined;
  },
};

function saysAt(said: Said, path: string, value: string): boolean {
  return said.facts.get(path)?.some((fact: Fact) => fact.value === value) ?? false;
}

/** What a reference that does not lead says of whom it names. */
interface Named {
  readonly facts: readonly Fact[];
  readonly words: ReadonlySet<string>;
}

/** The references of our records that name a person or an organization by `number`. */
function namedBy(number: string, view: View): readonly Named[] {
  return view.made.said.flatMap((said) =>
    allOf(said)
      .filter(({ path, value, within }) => path.endsWith('.identifier.value') && value === number && within.length > 1)
      .map((found) => {
        const reference = found.within[1];
        const facts = allOf(said).filter(({ within }) => reference !== undefined && within.includes(reference));
        const names = facts.filter(({ path, within }) => path.endsWith('.display') && within[0] === reference);
        return { facts, words: new Set(names.flatMap(({ value }) => [value, ...value.split(' ')])) };
      }),
  );
}

const NAMED_TYPES: readonly string[] = ['Practitioner', 'Organization'];

const namedWhereHeActs: Equivalence = {
  name: 'a person of his own, or one named where he acts',
  reason:
    'a reference that carries the number, its giver and the name says of a person or a laboratory what a record would',
  answer: (fact, said, view) => {
    if (!NAMED_TYPES.includes(said.type)) return;
    for (const { value } of said.facts.get('identifier.value') ?? []) {
      for (const { facts, words } of namedBy(value, view)) {
        if (/^name(?:\.(?:family|given|prefix|suffix))?$/.test(fact.path) && isInWords(fact.value, words))
          return 'restated';
        const alike = facts.some(
          (ours) =>
            ours.path.endsWith(`.${fact.path}`) &&
            (ours.value === fact.value ||
              (fact.path.endsWith('system') && systemOf(ours.value) === systemOf(fact.value))),
        );
        if (fact.path.startsWith('identifier.') && alike) return 'restated';
      }
    }
    return undefined;
  },
};

function isInWords(text: string, words: ReadonlySet<string>): boolean {
  return words.has(text) || text.split(' ').every((word) => words.has(word));
}

const roleOfElement: Equivalence = {
  name: 'the role an element names',
  reason:
    'that a performer observed and that a requester ordered is what these elements say, without a role beside them',
  answer: (fact, said, view) => {
    const isOfRole = /^code\.coding\.|^practitioner$/.test(fact.path);
    const [code] = said.facts.get('code.coding.code') ?? [];
    const person = personOf(said, view);
    if (said.type !== 'PractitionerRole' || !isOfRole || person === undefined || person === said) return;
    if (!(ROLE_ELEMENTS[code?.value ?? ''] ?? []).some((path) => isNamedAt(path, person, view))) return;
    return 'restated';
  },
};

/** Where the one whom a code of table 0443 speaks of stands in our records. */
const ROLE_ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  RO: ['performer'],
  OP: ['requester', 'performer.actor'],
  EP: ['performer.actor', 'recorder', 'participant.actor'],
  AD: ['participant.individual'],
  AT: ['participant.individual'],
  RP: ['participant.individual'],
  CP: ['participant.individual', 'performer'],
};

function isNamedAt(path: string, person: Said, view: View): boolean {
  const identity = identityOf(person);
  return view.made.said.some((said) => {
    const numbers = (said.facts.get(`${path}.identifier.value`) ?? []).map(({ value }) => value);
    const names = (said.facts.get(`${path}.display`) ?? []).map(({ value }) => value);
    const leads = (said.facts.get(path) ?? []).flatMap(({ reference }) =>
      reference === undefined ? [] : identityOf(view.made.find(reference)),
    );
    return [...numbers, ...names, ...leads].some((each) => identity.includes(each));
  });
}

export const ELSEWHERE: readonly Equivalence[] = [
  textOrName,
  unitInWords,
  namedReference,
  throughRole,
  contactOfPatient,
  namedWhereHeActs,
  roleOfElement,
];
