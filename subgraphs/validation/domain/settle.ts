/** Settling: from all that was seen of one item to one finding for each fault. The order of rules is the design. */
import type { Category } from './category.ts';
import { elementOf } from './difference.ts';
import type { ItemState } from './disposition.ts';
import type { Finding, Origin } from './finding.ts';

export interface ItemFacts {
  readonly state: ItemState;
  /** Whether the original can be read as what it is declared to be. */
  readonly reading: 'readable' | 'unreadable';
  /** Records the lineage makes of the original. */
  readonly records: number;
}

/** Reading the data itself: these say why, where the others only say that. */
const DATA_ORIGINS: readonly Origin[] = ['examination', 'mapping', 'content'];
const CONSEQUENCES: readonly Origin[] = ['fixity', 'match'];
/** A reason of transfer that one of these in the item's own data explains. */
const EXPLAINING: readonly Category[] = [
  'unreadable',
  'schema-invalid',
  'code-translation-mismatch',
  'content-implausible',
  'duplicate-record',
];
const EXPLAINABLE_CODES: readonly string[] = ['NOT_MAPPABLE', 'ITEM_REFUSED', 'ITEM_CONFLICT'];

type Rule = (findings: readonly Finding[], facts: ItemFacts) => readonly Finding[];

/** Each takes away what only repeats something else. */
const RULES: readonly Rule[] = [
  unreadableStandsAlone,
  notDeliveredHasNoFurtherConsequence,
  dataExplainsWhyItWasSetAside,
  oneForEachSpot,
  oneForEachCodeOfARecord,
  lackOfAMessageIsOneFault,
  brokenStructureIsNotAlsoImplausible,
  unmappedCodeIsNotAlsoDifferent,
  doubledMessageIsOneFault,
  countedGapIsOneFault,
  wholeItemMissingIsOneFault,
];

/** The findings that stand, one for each fault, in the order they came. */
export function settle(findings: readonly Finding[], facts: ItemFacts): readonly Finding[] {
  return RULES.reduce((standing, rule) => rule(standing, facts), findings);
}

/** What cannot be read as what it is declared to be cannot be judged further; its bytes still can. */
function unreadableStandsAlone(findings: readonly Finding[], facts: ItemFacts): readonly Finding[] {
  if (facts.reading === 'readable') return findings;
  const unreadable = findings.find((each) => isData(each) && each.category === 'unreadable');
  if (unreadable === undefined) return findings;
  return findings.filter((each) => each === unreadable || !(isData(each) || each.origin === 'sequence'));
}

function notDeliveredHasNoFurtherConsequence(findings: readonly Finding[], facts: ItemFacts): readonly Finding[] {
  if (facts.state === 'moved') return findings;
  return findings.filter(({ origin }) => !CONSEQUENCES.includes(origin));
}

function dataExplainsWhyItWasSetAside(findings: readonly Finding[]): readonly Finding[] {
  const isExplained = findings.some((each) => isData(each) && EXPLAINING.includes(each.category));
  if (!isExplained) return findings;
  return findings.filter(({ origin, code }) => origin !== 'transfer' || !EXPLAINABLE_CODES.includes(code));
}

const RICHEST_FIRST: readonly Origin[] = ['mapping', 'content', 'examination'];

/** Two readings of the same spot that say the same are one: the one that knows the record stays. */
function oneForEachSpot(findings: readonly Finding[]): readonly Finding[] {
  const rank = ({ origin }: Finding): number => RICHEST_FIRST.indexOf(origin);
  return findings.filter((each, at) => {
    if (!isData(each)) return true;
    return !findings.some((other, otherAt) => {
      if (otherAt === at || !isData(other) || other.category !== each.category || !isSameSpot(each, other))
        return false;
      return rank(other) < rank(each);
    });
  });
}

/** The same thing wrong in many places of one message, row or resource is one fault. */
function oneForEachCodeOfARecord(findings: readonly Finding[]): readonly Finding[] {
  const first = new Map<string, { readonly finding: Finding; places: number }>();
  for (const each of findings.filter(isOfStructure)) {
    const known = first.get(faultOf(each));
    if (known) known.places += 1;
    else first.set(faultOf(each), { finding: each, places: 1 });
  }
  return findings.flatMap((each) => {
    const known = isOfStructure(each) ? first.get(faultOf(each)) : undefined;
    if (known === undefined) return [each];
    if (known.finding !== each) return [];
    return known.places === 1 ? [each] : [{ ...each, note: `${each.note} (in ${known.places} places)` }];
  });
}

/** A mapping that names no field speaks of the record as a whole. */
function isOfStructure({ origin, field }: Finding): boolean {
  return origin === 'examination' || (origin === 'mapping' && field === null);
}

function faultOf({ origin, category, code, record, position }: Finding): string {
  // Each envelope of a batch file stands for itself.
  const message = position.startsWith('after ') ? position : messageOf(position);
  return [origin, category, code, message === '' ? (record ?? '') : message].join(' ');
}

/** The message or row that a position lies in. */
function messageOf(position: string): string {
  return /^(?:message|line) \d+/.exec(position)?.[0] ?? '';
}

/** What a message lacks, every record made of it lacks. */
function lackOfAMessageIsOneFault(findings: readonly Finding[]): readonly Finding[] {
  const isLack = ({ category, code }: Finding): boolean => category === 'schema-invalid' && code.includes('MISSING');
  const lacking = findings
    .filter((each) => each.origin === 'examination' && isLack(each))
    .map(({ position }) => messageOf(position));
  return findings.filter(
    (each) => each.origin !== 'mapping' || !isLack(each) || !lacking.includes(messageOf(each.position)),
  );
}

function brokenStructureIsNotAlsoImplausible(findings: readonly Finding[]): readonly Finding[] {
  const broken = findings.filter((each) => isData(each) && each.category === 'schema-invalid');
  return findings.filter((each) => {
    if (!isData(each) || each.category !== 'content-implausible') return true;
    return !broken.some((other) => isSameSpot(each, other) && !isOtherElement(each, other));
  });
}

/** Two checks of one record name elements alike; other readings may not. */
function isOtherElement(left: Finding, right: Finding): boolean {
  const isAlike = left.origin === 'content' && right.origin === 'content';
  return isAlike && elementOf(left.field ?? '') !== elementOf(right.field ?? '');
}

function unmappedCodeIsNotAlsoDifferent(findings: readonly Finding[]): readonly Finding[] {
  const unmapped = findings.filter((each) => isData(each) && each.category === 'code-translation-mismatch');
  return findings.filter((each) => {
    if (each.origin !== 'match' || each.category !== 'code-translation-mismatch') return true;
    return !unmapped.some((other) => isSameSpot(each, other));
  });
}

/** A message that came twice doubles every record in it. */
function doubledMessageIsOneFault(findings: readonly Finding[], facts: ItemFacts): readonly Finding[] {
  const doubled = findings.filter((each) => each.origin === 'mapping' && each.code === KEY_REPEATED);
  if (doubled.length === 0) return findings;
  const others = findings.filter((each) => each.origin !== 'sequence' || each.code !== CONTROL_ID_REPEATED);
  return doubled.length === facts.records
    ? wholeItem(others, doubled, 'records are in the source more than once')
    : others;
}

const COUNT_MISMATCH = 'COUNT_MISMATCH';
export const CONTROL_ID_REPEATED = 'CONTROL_ID_REPEATED';
export const KEY_REPEATED = 'KEY_REPEATED';

/** A batch count that is wrong because a message is missing in the middle is the same gap; a lost envelope is not. */
function countedGapIsOneFault(findings: readonly Finding[]): readonly Finding[] {
  if (!findings.some(({ origin }) => origin === 'sequence')) return findings;
  return findings.filter(({ origin, code }) => origin !== 'examination' || code !== COUNT_MISMATCH);
}

function wholeItemMissingIsOneFault(findings: readonly Finding[], facts: ItemFacts): readonly Finding[] {
  const missing = findings.filter((each) => each.origin === 'match' && isMissingWhole(each));
  return missing.length === facts.records ? wholeItem(findings, missing, 'records are not at the target') : findings;
}

function isMissingWhole({ category, field }: Finding): boolean {
  return category === 'missing-record' && field === null;
}

/** Puts one finding about the item in the place of one for each of its records. */
function wholeItem(findings: readonly Finding[], records: readonly Finding[], what: string): readonly Finding[] {
  const [first] = records;
  if (first === undefined || records.length < 2) return findings;
  const note = `all ${records.length} ${what}`;
  const whole: Finding = { ...first, record: null, targetId: null, position: '', field: null, note };
  return findings.flatMap((each) => (each === first ? [whole] : records.includes(each) ? [] : [each]));
}

function isData({ origin }: Finding): boolean {
  return isDataOrigin(origin);
}

function isDataOrigin(origin: Origin): boolean {
  return DATA_ORIGINS.includes(origin);
}

/** Whether two findings point at the same record, or one at a place inside the other's. */
export function isSameSpot(left: Finding, right: Finding): boolean {
  if (left.record !== null && left.record === right.record) return true;
  // An examination may call a record by another name than the lineage does; the lineage itself never does.
  const isKnownApart = left.record !== null && right.record !== null;
  if (isKnownApart && left.origin !== 'examination' && right.origin !== 'examination') return false;
  if (left.position === right.position) return true;
  return isInside(left.position, right.position) || isInside(right.position, left.position);
}

function isInside(inner: string, outer: string): boolean {
  if (outer === '') return true;
  return inner.startsWith(outer) && /^[^0-9A-Za-z]/.test(inner.slice(outer.length));
}
