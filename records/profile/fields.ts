/** The fields of a dataset, in bounded number, and the records they were found in. */
import type { Format } from '../format.ts';
import { DistinctCounter, type DistinctJson } from './distinct.ts';
import { type FieldJson, FieldProfile } from './field.ts';
import { byText, KeptCounts, type KeptJson } from './kept-counts.ts';
import { knowledgeOf } from './knowledge.ts';
import { FIELDS_MAX, KINDS_MAX } from './limits.ts';
import { Places, type PlacesJson } from './places.ts';
import { Scan } from './scan.ts';

export interface FieldsJson {
  readonly records: KeptJson;
  readonly fields: readonly FieldJson[];
  readonly problems: Readonly<Record<string, PlacesJson>>;
  readonly overflow: { readonly values: number; readonly paths: DistinctJson };
}

const SCAN = new Scan();

/**
 * Keeps the fields that come first in the order of kind and path; the values of the others are counted together, and
 * how many there are. So a field that is kept was never left out, in whatever order paths come and parts are merged.
 */
export class Fields {
  readonly records = new KeptCounts(KINDS_MAX);
  overflowValues = 0;
  readonly overflowPaths = new DistinctCounter();
  readonly problems = new Map<string, Places>();
  readonly #format: Format;
  readonly #limit: number;
  readonly #fields = new Map<string, FieldProfile>();
  #last: string | undefined;
  /** Counts up with every record. */
  serial = 0;
  /** Counts up whenever a field is left out: whoever holds one must ask again. */
  leftOut = 0;

  constructor(format: Format, limit = FIELDS_MAX) {
    this.#format = format;
    this.#limit = limit;
  }

  /** The field of a path; undefined where it is one of those that are only counted. */
  at(kind: string, path: string): FieldProfile | undefined {
    const key = `${kind}\t${path}`;
    const known = this.#fields.get(key);
    if (known !== undefined) return known;
    if (!this.#makeRoom(key)) {
      this.#leaveOut(key, 0);
      return undefined;
    }
    const field = new FieldProfile(kind, path, knowledgeOf(this.#format, path));
    this.#fields.set(key, field);
    return field;
  }

  /** Places of something that belongs to no field. */
  problem(code: string): Places {
    let places = this.problems.get(code);
    if (places === undefined) this.problems.set(code, (places = new Places()));
    return places;
  }

  /** By kind and path. */
  all(): readonly FieldProfile[] {
    for (const field of this.#fields.values()) field.settle();
    return [...this.#fields].sort(([a], [b]) => byText(a, b)).map(([, field]) => field);
  }

  merge(other: Fields): void {
    this.records.merge(other.records);
    for (const field of other.all()) {
      const mine = this.at(field.kind, field.path);
      mine?.settle();
      if (mine === undefined) this.overflowValues += field.values;
      else mine.merge(field);
    }
    for (const [code, places] of other.problems) this.problem(code).merge(places);
    this.overflowValues += other.overflowValues;
    this.overflowPaths.merge(other.overflowPaths);
  }

  toJson(): FieldsJson {
    return {
      records: this.records.toJson(),
      fields: this.all().map((field) => field.toJson()),
      problems: Object.fromEntries([...this.problems].map(([code, places]) => [code, places.toJson()])),
      overflow: { values: this.overflowValues, paths: this.overflowPaths.toJson() },
    };
  }

  static fromJson(format: Format, json: FieldsJson, limit?: number): Fields {
    const fields = new Fields(format, limit);
    fields.records.fill(json.records);
    for (const each of json.fields) {
      const field = FieldProfile.fromJson(each, knowledgeOf(format, each.path));
      fields.#fields.set(`${each.kind}\t${each.path}`, field);
    }
    for (const [code, places] of Object.entries(json.problems)) fields.problems.set(code, Places.fromJson(places));
    fields.overflowValues = json.overflow.values;
    fields.overflowPaths.merge(DistinctCounter.fromJson(json.overflow.paths));
    return fields;
  }

  /** Whether a field with this key may be kept, the last one being left out for it if need be. */
  #makeRoom(key: string): boolean {
    if (this.#fields.size < this.#limit) {
      this.#last = undefined;
      return true;
    }
    this.#last ??= [...this.#fields.keys()].reduce((last, each) => (each > last ? each : last));
    if (key > this.#last) return false;
    const field = this.#fields.get(this.#last);
    field?.settle();
    this.#leaveOut(this.#last, field?.values ?? 0);
    this.#fields.delete(this.#last);
    this.#last = undefined;
    this.leftOut += 1;
    return true;
  }

  #leaveOut(key: string, values: number): void {
    SCAN.read(key);
    this.overflowPaths.add(SCAN.high, SCAN.low);
    this.overflowValues += values;
  }
}
