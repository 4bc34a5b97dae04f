/** Where readers put what they find, record by record. */
import { SENTINEL_DAYS } from './date-shape.ts';
import type { FieldProfile } from './field.ts';
import type { Fields } from './fields.ts';
import type { Identities, Use } from './identities.ts';
import { RECORD_DATES_MAX } from './limits.ts';
import type { Place } from './places.ts';

/** A field as a reader holds on to it, so that it is looked up once and not for every value. */
export interface FieldHandle {
  readonly kind: string;
  readonly path: string;
  field: FieldProfile | undefined;
  /** `Fields.leftOut` when it was looked up. */
  asOf: number;
}

interface RecordDate {
  readonly field: FieldProfile;
  readonly day: number;
}

export class RecordSink {
  readonly place: Place = { item: 0, record: 0 };
  readonly #fields: Fields;
  readonly #identities: Identities;
  readonly #todayDay: number;
  #dates: RecordDate[] = [];
  #birthDay: number | undefined;

  constructor(fields: Fields, identities: Identities, todayDay: number) {
    this.#fields = fields;
    this.#identities = identities;
    this.#todayDay = todayDay;
  }

  handle(kind: string, path: string): FieldHandle {
    return { kind, path, field: this.#fields.at(kind, path), asOf: this.#fields.leftOut };
  }

  /** `record` counts from 1 in its item. */
  begin(kind: string, record: number): void {
    this.#fields.serial += 1;
    this.place.record = record;
    this.#fields.records.add(kind, 1);
  }

  /** Takes a value that is not empty. */
  value(handle: FieldHandle, text: string): void {
    const field = this.#fieldOf(handle);
    if (field === undefined) {
      this.#fields.overflowValues += 1;
      return;
    }
    const day = field.observe(text, this.place, this.#fields.serial, this.#todayDay);
    if (day === undefined) return;
    if (field.knowledge.moment === 'birth') this.#birthDay ??= day;
    else if (this.#isCompared(field, day)) this.#dates.push({ field, day });
  }

  /** Takes a value that says there is none. */
  nothing(handle: FieldHandle): void {
    this.#fieldOf(handle)?.observeNull(this.#fields.serial);
  }

  /** What kind of thing a field identifies, for `identify`. */
  identity(use: Use, namespace: string, { kind, path }: FieldHandle): number {
    return this.#identities.fieldNumber({ kind, path, namespace, use });
  }

  identify(identity: number, text: string): void {
    this.#identities.add(identity, text, this.place);
  }

  /** Something that is wrong with an item or a record and belongs to no field. */
  problem(code: string): void {
    this.#fields.problem(code).add(this.place);
  }

  /** Something wrong with the record as a whole or with one of its fields. */
  note(code: string, handle: FieldHandle): void {
    this.#fieldOf(handle)?.note(code).add(this.place);
  }

  /** Ends the record; what it returns, if anything, is to be awaited before the next one. */
  end(): Promise<void> | undefined {
    const { place } = this;
    if (this.#birthDay !== undefined) {
      for (const { field, day } of this.#dates) if (day < this.#birthDay) field.note('DATE_BEFORE_BIRTH').add(place);
      this.#birthDay = undefined;
    }
    if (this.#dates.length > 0) this.#dates = [];
    return this.#identities.isFull ? this.#identities.putAside() : undefined;
  }

  #isCompared({ knowledge }: FieldProfile, day: number): boolean {
    return knowledge.expected === 'date' && !SENTINEL_DAYS.has(day) && this.#dates.length < RECORD_DATES_MAX;
  }

  #fieldOf(handle: FieldHandle): FieldProfile | undefined {
    if (handle.asOf !== this.#fields.leftOut) {
      handle.field = this.#fields.at(handle.kind, handle.path);
      handle.asOf = this.#fields.leftOut;
    }
    return handle.field;
  }
}
