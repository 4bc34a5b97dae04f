/** The profile of one field: what its values look like, never what they are. */
import { DistinctCounter, type DistinctJson } from './distinct.ts';
import { Extremes, type ExtremesJson } from './extremes.ts';
import { byLength, KeptCounts, type KeptJson } from './kept-counts.ts';
import { judgeValue, type Judged } from './judge.ts';
import { CODE_SYSTEMS_MAX, PATTERNS_KEPT_MAX, REMEMBERED_MAX } from './limits.ts';
import type { Knowledge } from './phi.ts';
import { Places, type Place, type PlacesJson } from './places.ts';

/** Longer texts are not remembered; a short one is never a slice that holds on to the text it was cut from. */
const REMEMBERED_CHARS_MAX = 64;
const COPIED_CHARS_MIN = 13;
/** After so many values a field whose values do not repeat stops remembering them. */
const TRIAL_VALUES = 2_048;

/** A value seen before, with what it adds each time it is seen again. */
interface Remembered {
  readonly judged: Judged;
  readonly noted: readonly Places[];
  again: number;
}

export interface FieldJson {
  readonly kind: string;
  readonly path: string;
  readonly numbers: readonly number[];
  readonly lengths: ExtremesJson;
  readonly values: ExtremesJson;
  readonly years: ExtremesJson;
  readonly distinct: DistinctJson;
  readonly identifiers?: readonly [DistinctJson, DistinctJson] | undefined;
  readonly patterns: KeptJson;
  readonly dates: KeptJson;
  readonly classes: KeptJson;
  readonly systems: KeptJson;
  readonly widths: KeptJson;
  readonly notes: Readonly<Record<string, PlacesJson>>;
}

export class FieldProfile {
  /** Records with at least one value here; values, repetitions among them. */
  populated = 0;
  values = 0;
  blanks = 0;
  numbers = 0;
  readonly lengths = new Extremes();
  readonly range = new Extremes();
  readonly years = new Extremes();
  readonly distinct = new DistinctCounter();
  /** Of identifiers of digits alone: as written, and without their leading zeros. */
  readonly digits = new DistinctCounter();
  readonly stripped = new DistinctCounter();
  readonly patterns = new KeptCounts(PATTERNS_KEPT_MAX, byLength);
  readonly dates = new KeptCounts(PATTERNS_KEPT_MAX);
  readonly classes = new KeptCounts(PATTERNS_KEPT_MAX);
  readonly systems = new KeptCounts(CODE_SYSTEMS_MAX);
  /** Digits of identifiers, `0` before them where they begin with one. */
  readonly widths = new KeptCounts(PATTERNS_KEPT_MAX, byLength);
  readonly notes = new Map<string, Places>();
  #remembered: Map<string, Remembered> | undefined = new Map();
  #asked = 0;
  #hits = 0;
  #record = -1;

  constructor(
    readonly kind: string,
    readonly path: string,
    readonly knowledge: Knowledge,
  ) {}

  /** Takes a value that is not empty; `record` tells one record from the next. The day it names, where it is a date. */
  observe(text: string, place: Readonly<Place>, record: number, todayDay: number): number | undefined {
    if (this.#record !== record) {
      this.#record = record;
      this.populated += 1;
    }
    const known = this.#remembered?.get(text);
    if (known !== undefined) {
      this.#hits += 1;
      known.again += 1;
      for (const places of known.noted) places.add(place);
      return known.judged.day;
    }
    const judged = judgeValue(text, this.knowledge, todayDay);
    this.#count(judged, 1);
    this.distinct.add(judged.high, judged.low);
    const noted = judged.notes.map((code) => this.note(code));
    for (const places of noted) places.add(place);
    if (this.#remembered !== undefined) this.#remember(text, { judged, noted, again: 0 });
    return judged.day;
  }

  /** A value that says there is none: HL7's explicit null. */
  observeNull(record: number): void {
    if (this.#record === record) return;
    this.#record = record;
    this.populated += 1;
  }

  note(code: string): Places {
    let places = this.notes.get(code);
    if (places === undefined) this.notes.set(code, (places = new Places()));
    return places;
  }

  /** Counts what was only remembered; before anything is read out of the profile. */
  settle(): void {
    for (const each of this.#remembered?.values() ?? []) {
      if (each.again > 0) this.#count(each.judged, each.again);
      each.again = 0;
    }
  }

  /** Into this one; both settled. */
  merge(other: FieldProfile): void {
    this.populated += other.populated;
    this.values += other.values;
    this.blanks += other.blanks;
    this.numbers += other.numbers;
    for (const part of ['lengths', 'range', 'years'] as const) this[part].merge(other[part]);
    for (const part of ['distinct', 'digits', 'stripped'] as const) this[part].merge(other[part]);
    for (const part of ['patterns', 'dates', 'classes', 'systems', 'widths'] as const) this[part].merge(other[part]);
    for (const [code, places] of other.notes) this.note(code).merge(places);
  }

  toJson(): FieldJson {
    const notes = [...this.notes].map(([code, places]) => [code, places.toJson()] as const);
    const isIdentifier = this.digits.count() > 0;
    return {
      kind: this.kind,
      path: this.path,
      numbers: [this.populated, this.values, this.blanks, this.numbers],
      lengths: this.lengths.toJson(),
      values: this.range.toJson(),
      years: this.years.toJson(),
      distinct: this.distinct.toJson(),
      ...(isIdentifier ? { identifiers: [this.digits.toJson(), this.stripped.toJson()] } : {}),
      patterns: this.patterns.toJson(),
      dates: this.dates.toJson(),
      classes: this.classes.toJson(),
      systems: this.systems.toJson(),
      widths: this.widths.toJson(),
      notes: Object.fromEntries(notes),
    };
  }

  static fromJson(json: FieldJson, knowledge: Knowledge): FieldProfile {
    const field = new FieldProfile(json.kind, json.path, knowledge);
    [field.populated = 0, field.values = 0, field.blanks = 0, field.numbers = 0] = json.numbers;
    field.lengths.merge(Extremes.fromJson(json.lengths));
    field.range.merge(Extremes.fromJson(json.values));
    field.years.merge(Extremes.fromJson(json.years));
    field.distinct.merge(DistinctCounter.fromJson(json.distinct));
    field.digits.merge(DistinctCounter.fromJson(json.identifiers?.[0] ?? {}));
    field.stripped.merge(DistinctCounter.fromJson(json.identifiers?.[1] ?? {}));
    for (const part of ['patterns', 'dates', 'classes', 'systems', 'widths'] as const) field[part].fill(json[part]);
    for (const [code, places] of Object.entries(json.notes)) field.notes.set(code, Places.fromJson(places));
    return field;
  }

  #count(judged: Judged, times: number): void {
    this.values += times;
    this.lengths.add(judged.length);
    if (judged.isBlank) this.blanks += times;
    if (judged.mask === undefined) this.patterns.addOther(times);
    else this.patterns.add(judged.mask, times);
    if (judged.class !== undefined) this.classes.add(judged.class, times);
    if (judged.number !== undefined) {
      this.numbers += times;
      this.range.add(judged.number);
    }
    if (judged.dateName !== undefined) this.dates.add(judged.dateName, times);
    if (judged.year !== undefined) this.years.add(judged.year);
    if (judged.system !== undefined) this.systems.add(judged.system, times);
    if (judged.identifier !== undefined) {
      this.widths.add(judged.identifier.width, times);
      this.digits.add(judged.high, judged.low);
      this.stripped.add(judged.identifier.high, judged.identifier.low);
    }
  }

  #remember(text: string, value: Remembered): void {
    const remembered = this.#remembered;
    if (remembered === undefined) return;
    this.#asked += 1;
    if (this.#asked === TRIAL_VALUES && this.#hits < TRIAL_VALUES) {
      this.settle();
      this.#remembered = undefined;
      return;
    }
    if (remembered.size >= REMEMBERED_MAX || text.length > REMEMBERED_CHARS_MAX) return;
    remembered.set(text.length < COPIED_CHARS_MIN ? text : Buffer.from(text, 'utf16le').toString('utf16le'), value);
  }
}
