/** Facts that say again what other facts say: found when those are. */
import type { Equivalence } from './equivalence.ts';
import { allOf, beside, type Fact, type Said } from './facts.ts';
import { unspent } from './same-spelling.ts';

const labelOfExtension: Equivalence = {
  name: 'the name of an extension',
  reason: 'the URL of an extension is the name of an element: it is said when all that stands in it is',
  answer: (fact, said, view) => {
    if (!fact.path.endsWith('extension.url')) return;
    const inside = besideLabel(fact, said);
    if (inside.length === 0 || inside.some((each) => view.answer(each) === undefined)) return;
    const counterpart = view.counterpart(said);
    if (counterpart === undefined) return 'restated';
    const ours = unspent(view, said, fact.path).find((label) => {
      const values = besideLabel(label, counterpart);
      return values.length > 0 && values.every((each) => view.isSpent(each));
    });
    return ours ?? 'restated';
  },
};

/** What stands in the extension whose name this is, but for the names of others. */
function besideLabel(label: Fact, said: Said): readonly Fact[] {
  const [extension] = label.within;
  return allOf(said).filter(
    (each) => extension !== undefined && each.within.includes(extension) && !each.path.endsWith('extension.url'),
  );
}

const pathOfPlace: Equivalence = {
  name: 'the way to a place in one text',
  reason: 'the larger places a place is in are said by `partOf`; the text joins their names',
  answer: (fact, said, view) => {
    if (said.type !== 'Location' || fact.path !== 'description') return;
    const known = new Set(
      view.made.said
        .filter(({ type }) => type === 'Location')
        .flatMap((place) => allOf(place).map(({ value }) => value)),
    );
    return fact.value.split('--').every((part) => known.has(part)) ? 'restated' : undefined;
  },
};

const STATUS_TABLE = 'http://terminology.hl7.org/CodeSystem/v2-0085';
/** Table 0085 by the concept map of HL7's v2-to-FHIR guide, where one status stands for one code. */
const STATUSES: Readonly<Record<string, string>> = {
  C: 'corrected',
  D: 'entered-in-error',
  F: 'final',
  P: 'preliminary',
  W: 'entered-in-error',
  X: 'cancelled',
};

const statusAgain: Equivalence = {
  name: 'the status in the words of table 0085',
  reason:
    'an extension that says OBX-11 again adds nothing where our status is what HL7’s concept map makes of that code',
  answer: (fact, said, view) => {
    if (said.type !== 'Observation' || !fact.path.startsWith('extension.valueCodeableConcept.')) return;
    const extension = fact.within.at(-1);
    const inside = allOf(said).filter(({ within }) => extension !== undefined && within.includes(extension));
    const code = inside.find(({ path }) => path.endsWith('.coding.code'));
    if (code === undefined || beside(code, 'system') !== STATUS_TABLE) return;
    const status = view.counterpart(said)?.facts.get('status') ?? [];
    return status.some(({ value }) => value === STATUSES[code.value]) ? 'restated' : undefined;
  },
};

/** Extensions in which the CDC keeps the components of a message beside what is made of them. */
const COMPONENTS = 'https://reportstream.cdc.gov/fhir/StructureDefinition/';

const componentAgain: Equivalence = {
  name: 'a component as it was written',
  reason: 'an extension that keeps a component of the message beside the element made of it says again what that says',
  answer: (fact, said, view) => {
    const isKept = fact.within.some(({ url }) => typeof url === 'string' && url.startsWith(COMPONENTS));
    const [start = ''] = fact.path.split('.');
    if (!isKept || !/(?:^|\.)extension\.value[A-Z][A-Za-z]*$/.test(fact.path)) return;
    const counterpart = view.counterpart(said);
    const beside =
      counterpart === undefined ? [] : allOf(counterpart).filter(({ path }) => path.split('.')[0] === start);
    return beside.some(({ value }) => value === fact.value) ? 'restated' : undefined;
  },
};

const titleAgain: Equivalence = {
  name: 'the title of a section for its narrative',
  reason: 'a narrative that holds nothing but the title of its section says the title again',
  answer: ({ path, value }, said, view) => {
    if (said.type !== 'Composition' || !path.endsWith('section.text.div')) return;
    const text = value.replaceAll(/<[^>]*>/g, '').trim();
    const titles = view.counterpart(said)?.facts.get(path.replace(/text\.div$/, 'title')) ?? [];
    return titles.some((title) => title.value === text) ? 'restated' : undefined;
  },
};

export const RESTATED: readonly Equivalence[] = [
  pathOfPlace,
  titleAgain,
  statusAgain,
  componentAgain,
  labelOfExtension,
];
