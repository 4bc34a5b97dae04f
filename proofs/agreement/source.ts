/** What a message or a document states: every populated value, where it stands, and what stands beside it. */
import { readClinicalDocument, type XmlElement } from '../../records/ccda/tree.ts';
import { Hl7Message } from '../../records/hl7v2/message.ts';
import { splitHl7 } from '../../records/hl7v2/split.ts';
import { ItemReading } from '../../records/item-bytes.ts';
import { leavesOfMessage } from '../../records/lineage/leaves.ts';
import { attributeName, textName } from '../../records/lineage/tree-xml.ts';
import { allOf, type Fact, type Said } from './facts.ts';
import { formsOf, wordForms } from './forms.ts';
import type { Pair } from './pairs.ts';

/** One value of a source. */
export interface Statement {
  /** `PID-5.1`, or the path of an attribute. */
  readonly path: string;
  readonly value: string;
  /** As a tracer names it, and what it is inside; see Source.instances. */
  readonly names: readonly string[];
  /** The segment, or the entry of a document, it stands in. */
  readonly place: string;
}

/** A short value, or a code of a table, stands in many places: one that counts states more of the resource. */
export const ANYWHERE = 'anywhere';
export const WITH_COMPANY = 'with company';

/** Values shorter than this stand anywhere: they do not tell which segment a resource is made of. */
export const TELLING_CHARACTERS_MIN = 3;

export class Stated {
  readonly all: readonly Statement[];
  readonly #offsets: readonly number[];
  readonly #forms = new Map<string, readonly string[]>();
  readonly #places = new Map<string, ReadonlySet<string>>();
  readonly #byForm = new Map<string, Statement[]>();
  readonly #wordsOfPlace = new Map<string, Map<string, Statement>>();

  constructor(all: readonly Statement[], offsets: readonly number[]) {
    this.all = all;
    this.#offsets = offsets;
    for (const statement of all) {
      for (const form of this.forms(statement.value)) push(this.#byForm, form, statement);
      const words = this.#wordsOfPlace.get(statement.place) ?? new Map<string, Statement>();
      this.#wordsOfPlace.set(statement.place, words);
      for (const form of wordForms(statement.value)) words.set(form, statement);
    }
  }

  forms(text: string): readonly string[] {
    const known = this.#forms.get(text);
    if (known !== undefined) return known;
    const forms = formsOf(text, this.#offsets);
    this.#forms.set(text, forms);
    return forms;
  }

  /** Where a value stands, in any form. */
  at(value: string): readonly Statement[] {
    return [...new Set(this.forms(value).flatMap((form) => this.#byForm.get(form) ?? []))];
  }

  /** The values of one place a text is put together from; empty where it is not. */
  partsOf(value: string): readonly Statement[] {
    const words = wordForms(value);
    if (words.length < 2) return [];
    for (const known of this.#wordsOfPlace.values()) {
      const parts = words.map((word) => known.get(word));
      if (parts.every((part) => part !== undefined)) return [...new Set(parts)];
    }
    return [];
  }

  /** Of the places that state a value, those that state most of the element, or of the resource, it is said in. */
  nearest(
    statements: readonly Statement[],
    fact: Fact,
    said: Said,
    where: typeof ANYWHERE | typeof WITH_COMPANY,
  ): readonly Statement[] {
    const all = allOf(said);
    const innermost = all.filter(({ within }) => within[0] === fact.within[0] && fact.within[0] !== undefined);
    const around = all.filter(({ within }) => within.at(-1) === fact.within.at(-1) && fact.within.length > 0);
    let left = statements;
    let most = 0;
    for (const facts of [innermost, around, all]) {
      if (where === ANYWHERE && left.length < 2) break;
      const told = this.#score(facts.filter((each) => each !== fact));
      const scores = left.map(({ place }) => told.get(place) ?? 0);
      const best = Math.max(...scores);
      most = Math.max(most, best);
      left = left.filter((_, at) => scores[at] === best);
    }
    return where === WITH_COMPANY && most === 0 ? [] : left;
  }

  #placesOf(value: string): ReadonlySet<string> {
    const known = this.#places.get(value);
    if (known !== undefined) return known;
    const places = new Set(this.at(value).map(({ place }) => place));
    this.#places.set(value, places);
    return places;
  }

  /** How much of some facts each place states; a value of many places tells little of each. */
  #score(facts: readonly Fact[]): ReadonlyMap<string, number> {
    const scores = new Map<string, number>();
    for (const { value } of facts) {
      if (value.length < TELLING_CHARACTERS_MIN) continue;
      const places = this.#placesOf(value);
      for (const place of places) scores.set(place, (scores.get(place) ?? 0) + 1 / places.size);
    }
    return scores;
  }
}

function push<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

const NO_OFFSET = 0;

/** Times without an offset have that of the message, that which its publisher takes, or none. */
export async function statedIn({ format }: Pick<Pair, 'format'>, bytes: Uint8Array): Promise<Stated> {
  const all: Statement[] = [];
  const offsets = new Set([NO_OFFSET]);
  if (format === 'hl7v2') {
    const reading = new ItemReading(bytes);
    let ordinal = 0;
    for await (const unit of splitHl7(reading)) {
      const message = unit.kind === 'MSH' ? Hl7Message.read(unit.bytes) : undefined;
      if (message === undefined) continue;
      ordinal += 1;
      all.push(...ofMessage(message, `message ${ordinal}`));
      addOffset(offsets, message.word(0, 7));
    }
    await reading.close();
  } else {
    const reading = new ItemReading(bytes);
    const read = await readClinicalDocument(reading);
    await reading.close();
    if ('root' in read) {
      all.push(...ofElement(read.root, '', 'document'));
      const time = read.root.children.find(({ name }) => name === 'effectiveTime')?.attributes['value'];
      addOffset(offsets, time ?? '');
    }
  }
  return new Stated(all, [...offsets]);
}

const OFFSET = /(?<sign>[+-])(?<hours>\d\d):?(?<minutes>\d\d)$/;

function addOffset(offsets: Set<number>, time: string): void {
  const { sign, hours, minutes } = OFFSET.exec(time)?.groups ?? {};
  if (hours === undefined) return;
  const size = Number(hours) * 60 + Number(minutes);
  offsets.add(sign === '-' ? -size : size);
}

const NAME_OF_LEAF = /(?<segment>\d+)-(?<field>\d+)\[(?<repetition>\d+)\]\.(?<component>\d+)\.(?<subcomponent>\d+)$/;

function* ofMessage(message: Hl7Message, at: string): Generator<Statement> {
  for (const { path, names } of leavesOfMessage(message, at)) {
    const groups = NAME_OF_LEAF.exec(names[0] ?? '')?.groups ?? {};
    const number = (name: string) => Number(groups[name]);
    const value = message.value(number('segment'), {
      field: number('field'),
      repetition: number('repetition'),
      component: number('component'),
      subcomponent: number('subcomponent'),
    });
    if (typeof value === 'string' && !isSetId(path, value))
      yield { path, value, names, place: `${at} ${number('segment')}` };
  }
}

/** A set id (SI) numbers the segments of a message, and states nothing. */
function isSetId(path: string, value: string): boolean {
  return SET_IDS.has(path.slice(0, 3)) && path.slice(3) === '-1.1' && /^\d{1,4}$/.test(value);
}

const SET_IDS: ReadonlySet<string> = new Set(
  'PID NK1 PV1 AL1 DG1 PR1 IN1 GT1 OBX OBR NTE SPM ARV DB1 ROL FT1 TQ1 TXA AIG AIS AIL AIP RGS PRT CON'.split(' '),
);

function* ofElement(element: XmlElement, above: string, around: string): Generator<Statement> {
  const path = `${above}/${element.name}`;
  const place = element.name === 'entry' || around === 'document' ? textName(element) : around;
  for (const [name, value] of Object.entries(element.attributes)) {
    if (value.trim() !== '') yield { path: `${path}/@${name}`, value, names: [attributeName(element, name)], place };
  }
  if (element.text.trim() !== '') yield { path, value: element.text, names: [textName(element)], place };
  const within = above === '' ? 'document' : place;
  for (const child of element.children) yield* ofElement(child, path, within);
}
