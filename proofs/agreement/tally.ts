/** Counts what agrees, field by field, and what differs with and without a reason. Values are counted, never kept. */
import { departureFor } from '../../records/lineage/departures.ts';
import type { Departure } from '../../records/lineage/language.ts';
import type { Judge } from './classes.ts';
import type { Comparison } from './compare.ts';
import { allOf, type Fact, type Said, type Side } from './facts.ts';
import { Segments } from './origin.ts';
import type { Origin } from './pairs.ts';

export interface Counts {
  expected: number;
  /** Said by the map of the message type at the same place with the same value. */
  found: number;
  /** Said by it in another way that `equivalences.ts` names. */
  same: number;
  /** Said by the maps to which it leaves the resource. */
  fed: number;
  missing: number;
  different: number;
  extra: number;
  /** Of the missing and the different, those with a reason. */
  setAside: number;
  /** Of all three, those without. */
  unexplained: number;
}

/** What was made, and which of it is to be judged by which reasons. */
export interface Judged extends Side {
  readonly own: ReadonlySet<Said>;
  readonly departuresOf: (resourceType: string) => readonly Departure[];
}

export class Tally {
  readonly total: Counts = noCounts();
  /** By element path without positions, from the resource type. */
  readonly fields = new Map<string, Counts>();
  /** By whoever published what is expected. */
  readonly origins = new Map<Origin, Counts>();
  /** Departures that some difference has shown. */
  readonly shown = new Set<Departure>();
  /** How often each equivalence held, by its name. */
  readonly equivalences = new Map<string, number>();

  /** What one source was expected to say and what was made of it. */
  add(comparison: Comparison, made: Judged, { from, message, judge }: About): void {
    const segments = new Segments(message);
    const held = new Set<Said>();
    for (const said of comparison.expected.said) {
      const counterpart = comparison.counterpart(said);
      if (counterpart !== undefined) held.add(counterpart);
      this.#resource({ said, counterpart, comparison, made, from, segments, judge });
    }
    for (const counterpart of made.own) {
      if (!held.has(counterpart))
        this.#resource({ said: undefined, counterpart, comparison, made, from, segments, judge });
    }
  }

  #resource({ said, counterpart, comparison, made, from, segments, judge }: Judging): void {
    const type = said?.type ?? counterpart?.type ?? '';
    const isOwn = counterpart === undefined || made.own.has(counterpart);
    const departures = made.departuresOf(type);
    const lacking = Map.groupBy(
      said === undefined ? [] : this.#answered(said, { comparison, isOwn, from }),
      ({ path }) => path,
    );
    const beyond = Map.groupBy(
      counterpart === undefined ? [] : allOf(counterpart).filter((fact) => !comparison.isSpent(fact)),
      ({ path }) => path,
    );
    for (const path of new Set([...lacking.keys(), ...beyond.keys()])) {
      const field = `${type}.${path}`;
      const theirs = lacking.get(path) ?? [];
      const ours = beyond.get(path) ?? [];
      const different = Math.min(theirs.length, ours.length);
      const differ = (kind: Departure['kind'], fact: Fact) => {
        const whose = kind === 'extra' ? counterpart : said;
        if (whose !== undefined && isShown(kind, fact, whose, judge)) {
          this.#count(from, field, { [kind]: 1, setAside: Number(kind !== 'extra') });
          return;
        }
        const segment =
          whose && (segmentOf(fact, whose, judge) ?? segments.originOf(fact, whose, counterpart === undefined));
        const departure = departureFor(departures, {
          field,
          from,
          // Whether something of ours stands at the same place is by chance: the source states it, and we leave it.
          kind: judge === undefined ? kind : 'missing',
          value: fact.value,
          segment,
        });
        if (departure !== undefined) this.shown.add(departure);
        const isSetAside = departure !== undefined && kind !== 'extra';
        const isUnexplained = departure === undefined;
        this.#count(from, field, { [kind]: 1, setAside: Number(isSetAside), unexplained: Number(isUnexplained) });
      };
      for (const fact of theirs.slice(0, different)) differ('different', fact);
      for (const fact of theirs.slice(different)) differ('missing', fact);
      // What a feed makes beyond what is expected is judged where it is the feed's own.
      if (isOwn) for (const fact of ours.slice(different)) differ('extra', fact);
    }
  }

  /** Counts what is found of a resource; what is not remains. */
  #answered(said: Said, { comparison, isOwn, from }: Answering): readonly Fact[] {
    return allOf(said).filter((fact) => {
      const answer = comparison.answer(fact);
      const way = answer === 'alike' ? 'found' : 'same';
      this.#count(from, `${said.type}.${fact.path}`, {
        expected: 1,
        ...(answer === undefined ? {} : { [isOwn ? way : 'fed']: 1 }),
      });
      if (answer !== undefined && answer !== 'alike') {
        this.equivalences.set(answer.name, (this.equivalences.get(answer.name) ?? 0) + 1);
      }
      return answer === undefined;
    });
  }

  #count(from: Origin, field: string, counts: Partial<Counts>): void {
    addTo(countsIn(this.fields, field), counts);
    addTo(countsIn(this.origins, from), counts);
    addTo(this.total, counts);
  }
}

/** The segment that states it, or the resource a link leads from. */
function segmentOf(fact: Fact, said: Said, judge: Judge | undefined): string | undefined {
  return /^[A-Z][A-Z0-9]{2}(?=-)/.exec(judge?.of(fact, said).statements[0]?.path ?? '')?.[0];
}

/**
 * A difference needs a reason only where the source states what we leave: what else theirs is, a program shows. What
 * ours says beyond theirs is out of the source by the rules of the map; what comes from nothing the loss report says.
 */
function isShown(kind: Departure['kind'], fact: Fact, said: Said, judge: Judge | undefined): boolean {
  if (judge === undefined) return false;
  return kind === 'extra' || judge.of(fact, said).class !== 'missing';
}

/** What one source is measured with. */
export interface About {
  readonly from: Origin;
  /** The text of an HL7 v2 message; of anything else no segment says anything. */
  readonly message: string;
  readonly judge?: Judge | undefined;
}

interface Judging {
  readonly said: Said | undefined;
  readonly counterpart: Said | undefined;
  readonly comparison: Comparison;
  readonly made: Judged;
  readonly from: Origin;
  readonly segments: Segments;
  readonly judge: Judge | undefined;
}

interface Answering {
  readonly comparison: Comparison;
  readonly isOwn: boolean;
  readonly from: Origin;
}

/** The counts of a name, which begin at nothing. */
export function countsIn<Name>(map: Map<Name, Counts>, name: Name): Counts {
  const counts = map.get(name) ?? noCounts();
  map.set(name, counts);
  return counts;
}

export function noCounts(): Counts {
  return { expected: 0, found: 0, same: 0, fed: 0, missing: 0, different: 0, extra: 0, setAside: 0, unexplained: 0 };
}

export function addTo(counts: Counts, more: Partial<Counts>): void {
  for (const [name, count] of Object.entries(more) as [keyof Counts, number][]) counts[name] += count;
}

/** Shares of what is expected; 1 where nothing is. */
export interface Agreement {
  /** At the same place with the same value. */
  readonly raw: number;
  /** And said in another way. */
  readonly same: number;
  /** And said by the maps to which this one leaves it. */
  readonly programme: number;
  /** The last, of what is expected and is not set aside. */
  readonly explained: number;
}

export function agreementOf({ expected, found, same, fed, setAside }: Counts): Agreement {
  const share = (said: number, of = expected) => (of === 0 ? 1 : said / of);
  return {
    raw: share(found),
    same: share(found + same),
    programme: share(found + same + fed),
    explained: share(found + same + fed, expected - setAside),
  };
}
