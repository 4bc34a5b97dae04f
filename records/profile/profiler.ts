/** Profiles a dataset item by item in one pass; parts profiled elsewhere or earlier come together by merging. */
import { canonicalJson, type Json } from '../../kernel/canonical-json.ts';
import type { Format } from '../format.ts';
import { ItemReading, type ItemBytes, type ItemChunks } from '../item-bytes.ts';
import { dayNumber } from './date-shape.ts';
import { Fields, type FieldsJson } from './fields.ts';
import { Identities, type IdentitiesJson } from './identities.ts';
import { profileCcda } from './read-ccda.ts';
import { profileDelimited } from './read-delimited.ts';
import { profileFhir } from './read-fhir.ts';
import { profileHl7 } from './read-hl7v2.ts';
import type { DatasetProfile } from './report.ts';
import { RecordSink } from './sink.ts';
import { memorySpill, type Spill } from './spill.ts';
import { tellField } from './tell-field.ts';
import { tellFindings } from './tell-findings.ts';
import { Places } from './places.ts';

export const PROFILED_FORMATS = ['hl7v2', 'fhir', 'ccda', 'delimited'] as const;
export type ProfiledFormat = (typeof PROFILED_FORMATS)[number];

export function isProfiled(format: Format): format is ProfiledFormat {
  return (PROFILED_FORMATS as readonly Format[]).includes(format);
}

export interface ProfilerOptions {
  readonly format: ProfiledFormat;
  /** Dates after it lie in the future. */
  readonly today: Date;
  /** Room for identities beyond those held in memory; without it they stay in memory. */
  readonly spill?: Spill | undefined;
  /** Names what is spilled: parts that are merged have different names. */
  readonly name?: string | undefined;
  readonly fieldsMax?: number | undefined;
}

interface ProfilerJson {
  readonly version: 1;
  readonly format: ProfiledFormat;
  readonly items: number;
  readonly fields: FieldsJson;
  readonly identities: IdentitiesJson;
}

const READERS: Readonly<Record<ProfiledFormat, (path: string, chunks: ItemChunks, sink: RecordSink) => Promise<void>>> =
  {
    hl7v2: profileHl7,
    fhir: profileFhir,
    ccda: profileCcda,
    delimited: profileDelimited,
  };

export class DatasetProfiler {
  readonly #options: ProfilerOptions;
  readonly #fields: Fields;
  readonly #identities: Identities;
  #items = 0;

  constructor(options: ProfilerOptions, state?: Pick<ProfilerJson, 'fields' | 'identities' | 'items'>) {
    const { format, fieldsMax, spill = memorySpill(), name = 'part' } = options;
    this.#options = options;
    this.#fields =
      state === undefined ? new Fields(format, fieldsMax) : Fields.fromJson(format, state.fields, fieldsMax);
    this.#identities =
      state === undefined ? new Identities(spill, name) : Identities.fromJson(state.identities, spill, name);
    this.#items = state?.items ?? 0;
  }

  get items(): number {
    return this.#items;
  }

  /**
   * Reads an item to its end. `ordinal` is its number in the whole dataset, from 1; without it, the next one. Data
   * never throws: what cannot be read is a finding. An error of `bytes` itself passes through, and the item then
   * counts as far as it was read.
   */
  async add(path: string, bytes: ItemBytes, ordinal: number = this.#items + 1): Promise<void> {
    const { format, today } = this.#options;
    const reading = new ItemReading(bytes);
    const sink = new RecordSink(this.#fields, this.#identities, dayOf(today));
    sink.place.item = ordinal;
    this.#items += 1;
    try {
      if ((await reading.peek(1)).length === 0) sink.problem('EMPTY');
      else await READERS[format](path, reading, sink);
    } catch (error) {
      if (reading.failure !== undefined) throw reading.failure.error;
      throw error;
    } finally {
      await reading.close();
    }
  }

  /** Takes over what `other`, of the same format and day, has seen; `other` is not used any more. */
  async merge(other: DatasetProfiler): Promise<void> {
    this.#items += other.#items;
    this.#fields.merge(other.#fields);
    await this.#identities.merge(other.#identities);
  }

  /** What was seen so far, to go on from: hashes, no values. The same items in the same order make the same text. */
  toJson(): string {
    const { format } = this.#options;
    const fields = this.#fields.toJson();
    const json: ProfilerJson = {
      version: 1,
      format,
      items: this.#items,
      fields,
      identities: this.#identities.toJson(),
    };
    return canonicalJson(json as unknown as Json);
  }

  static fromJson(text: string, options: ProfilerOptions): DatasetProfiler {
    return new DatasetProfiler(options, JSON.parse(text) as ProfilerJson);
  }

  async profile(): Promise<DatasetProfile> {
    const { format, today } = this.#options;
    const fields = this.#fields.all();
    const kinds = this.#fields.records.entries().map(([kind, records]) => ({ kind, records }));
    const recordsOf = new Map(kinds.map(({ kind, records }) => [kind, records]));
    const problems = new Map(this.#fields.problems);
    const overflow = { fields: this.#fields.overflowPaths.count(), values: this.#fields.overflowValues };
    if (overflow.fields > 0) problems.set('FIELDS_OVERFLOW', overflowPlaces(overflow.fields));
    return {
      version: 1,
      format,
      items: this.#items,
      records: kinds.reduce((sum, { records }) => sum + records, this.#fields.records.others),
      kinds,
      fields: fields.map((field) => tellField(field, recordsOf.get(field.kind) ?? 0, today.getUTCFullYear())),
      overflow,
      findings: tellFindings(format, fields, problems, await this.#identities.count()),
    };
  }

  /** Gives back the room outside memory. */
  async discard(): Promise<void> {
    await this.#identities.discard();
  }
}

function overflowPlaces(fields: number): Places {
  const places = new Places();
  places.addUnplaced(fields);
  return places;
}

function dayOf(today: Date): number {
  return dayNumber(today.getUTCFullYear(), today.getUTCMonth() + 1, today.getUTCDate());
}
