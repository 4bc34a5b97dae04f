/** The keys of a dataset and what refers to them, exact for any number of records in bounded memory. */
import { bytesOf, LANES, mergeRuns, REFERENCE_BIT, RunCursor, sortEntries } from './identity-run.ts';
import { IDENTITIES_HELD_MAX, RUNS_MAX } from './limits.ts';
import { Places, type Place } from './places.ts';
import { Scan } from './scan.ts';
import type { Spill } from './spill.ts';

/** `key` is one record's own; `mark` may stand in many and still be referred to; `reference` is to one of the two. */
export type Use = 'key' | 'mark' | 'reference';

/** Where identities of one field are counted. */
export interface IdentityField {
  readonly kind: string;
  readonly path: string;
  /** What is identified: a resource type, a table, a visit. */
  readonly namespace: string;
  readonly use: Use;
}

export interface IdentitiesJson {
  /** By number: an entry's use is the number of its field. */
  readonly fields: readonly IdentityField[];
  readonly runs: readonly RunJson[];
  readonly held: string;
}

interface RunJson {
  readonly name: string;
  readonly entries: number;
  /** The run's numbers of fields to ours; null where they are the same. */
  readonly renumber: readonly number[] | null;
}

export interface IdentityFinding {
  readonly field: IdentityField;
  /** Every key or reference of the field. */
  readonly total: number;
  readonly places: Places;
}

export interface IdentityCounts {
  readonly duplicates: readonly IdentityFinding[];
  readonly orphans: readonly IdentityFinding[];
}

const SCAN = new Scan();

export class Identities {
  readonly #spill: Spill;
  /** Names its runs: no two profiles that are ever merged have the same. */
  readonly #name: string;
  readonly #fields: IdentityField[] = [];
  readonly #numbers = new Map<string, number>();
  /** By number: what keeps the identities of one namespace apart from those of another. */
  readonly #seeds: number[] = [];
  #lanes = new Uint32Array(LANES * 1_024);
  #held = 0;
  #runs: RunJson[] = [];
  #runsMade = 0;

  constructor(spill: Spill, name: string) {
    this.#spill = spill;
    this.#name = name;
  }

  /** The number of a field, for `add`. */
  fieldNumber(field: IdentityField): number {
    const key = `${field.use}\t${field.namespace}\t${field.kind}\t${field.path}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#fields.push(field) - 1;
      SCAN.read(field.namespace);
      this.#seeds.push(SCAN.high);
      this.#numbers.set(key, number);
    }
    return number;
  }

  add(number: number, text: string, { item, record }: Readonly<Place>): void {
    const field = this.#fields[number];
    SCAN.read(text);
    const seed = this.#seeds[number] ?? 0;
    if ((this.#held + 1) * LANES > this.#lanes.length) this.#grow();
    const at = this.#held * LANES;
    this.#lanes[at] = SCAN.high ^ seed;
    this.#lanes[at + 1] = SCAN.low ^ seed;
    this.#lanes[at + 2] = field?.use === 'reference' ? item + REFERENCE_BIT : item;
    this.#lanes[at + 3] = record;
    this.#lanes[at + 4] = number;
    this.#held += 1;
  }

  /** To be called between records: puts aside what memory should not hold. */
  get isFull(): boolean {
    return this.#held >= IDENTITIES_HELD_MAX;
  }

  async putAside(): Promise<void> {
    if (this.#held === 0) return;
    const name = this.#newName();
    await this.#spill.write(name, once(bytesOf(sortEntries(this.#lanes, this.#held))));
    this.#runs.push({ name, entries: this.#held, renumber: null });
    this.#held = 0;
    if (this.#runs.length > RUNS_MAX) await this.#mergeSmallest();
  }

  /** Takes over the runs of another one, which is not used any more. */
  async merge(other: Identities): Promise<void> {
    await other.putAside();
    const renumber = other.#fields.map((field) => this.fieldNumber(field));
    for (const run of other.#runs) {
      const before = run.renumber;
      this.#runs.push({ ...run, renumber: before === null ? renumber : before.map((each) => renumber[each] ?? each) });
    }
    other.#runs = [];
  }

  /** Keys that stand in more than one record, and references to what has no key though its kind has some. */
  async count(): Promise<IdentityCounts> {
    const judge = new IdentityJudge(this.#fields);
    const held = new RunCursor(once(bytesOf(sortEntries(this.#lanes, this.#held))), null);
    for await (const lanes of mergeRuns([...this.#runs.map((run) => this.#open(run)), held])) {
      for (let at = 0; at < lanes.length; at += LANES) judge.take(lanes, at);
    }
    return judge.finish();
  }

  /** Removes what was put aside. */
  async discard(): Promise<void> {
    for (const { name } of this.#runs) await this.#spill.remove(name);
    this.#runs = [];
  }

  toJson(): IdentitiesJson {
    const { buffer, byteOffset } = this.#lanes;
    const held = Buffer.from(buffer, byteOffset, this.#held * LANES * 4).toString('base64');
    return { fields: this.#fields, runs: this.#runs, held };
  }

  static fromJson(json: IdentitiesJson, spill: Spill, name: string): Identities {
    const identities = new Identities(spill, name);
    for (const field of json.fields) identities.fieldNumber(field);
    const bytes = Buffer.from(json.held, 'base64');
    identities.#held = bytes.length / (LANES * 4);
    identities.#lanes = new Uint32Array(Math.max(LANES * 1_024, bytes.length / 4));
    for (let at = 0; at < bytes.length; at += 4) identities.#lanes[at / 4] = bytes.readUInt32LE(at);
    identities.#runs = [...json.runs];
    identities.#runsMade = json.runs.reduce((most, run) => Math.max(most, ordinalOf(run.name)), 0);
    return identities;
  }

  #grow(): void {
    const lanes = new Uint32Array(this.#lanes.length * 2);
    lanes.set(this.#lanes);
    this.#lanes = lanes;
  }

  async #mergeSmallest(): Promise<void> {
    const smallest = [...this.#runs].sort((a, b) => a.entries - b.entries).slice(0, RUNS_MAX / 2);
    const name = this.#newName();
    await this.#spill.write(name, bytesOfChunks(mergeRuns(smallest.map((run) => this.#open(run)))));
    const entries = smallest.reduce((sum, run) => sum + run.entries, 0);
    this.#runs = [...this.#runs.filter((run) => !smallest.includes(run)), { name, entries, renumber: null }];
    for (const run of smallest) await this.#spill.remove(run.name);
  }

  #newName(): string {
    this.#runsMade += 1;
    return `${this.#name}-${this.#runsMade}`;
  }

  #open({ name, renumber }: RunJson): RunCursor {
    return new RunCursor(this.#spill.read(name), renumber);
  }
}

async function* bytesOfChunks(chunks: AsyncIterable<Uint32Array>): AsyncGenerator<Uint8Array> {
  for await (const lanes of chunks) yield bytesOf(lanes);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes;
}

function ordinalOf(name: string): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
}

/** Sees the identities in order, so that those with one hash come together, keys before references. */
class IdentityJudge {
  readonly #fields: readonly IdentityField[];
  readonly #totals = new Map<number, number>();
  readonly #duplicates = new Map<number, Places>();
  readonly #orphans = new Map<number, Places>();
  readonly #named = new Set<string>();
  #high = -1;
  #low = -1;
  #isNamed = false;
  #hasKey = false;

  constructor(fields: readonly IdentityField[]) {
    this.#fields = fields;
  }

  take(lanes: Uint32Array, at: number): void {
    const high = lanes[at] ?? 0;
    const low = lanes[at + 1] ?? 0;
    const use = lanes[at + LANES - 1] ?? 0;
    if (high !== this.#high || low !== this.#low) {
      this.#high = high;
      this.#low = low;
      this.#isNamed = false;
      this.#hasKey = false;
    }
    const field = this.#fields[use];
    if (field === undefined) return;
    this.#totals.set(use, (this.#totals.get(use) ?? 0) + 1);
    if (field.use === 'reference') {
      if (!this.#isNamed) placesOf(this.#orphans, use).add(placeAt(lanes, at));
      return;
    }
    this.#named.add(field.namespace);
    this.#isNamed = true;
    if (field.use !== 'key') return;
    // The first record has the key; every further one has it a second time.
    if (this.#hasKey) placesOf(this.#duplicates, use).add(placeAt(lanes, at));
    this.#hasKey = true;
  }

  /** Where nothing of a kind has a key, references to it lead out of the dataset and are no orphans. */
  finish(): IdentityCounts {
    const orphans = [...this.#orphans].filter(([use]) => this.#named.has(this.#fields[use]?.namespace ?? ''));
    return { duplicates: this.#findings([...this.#duplicates]), orphans: this.#findings(orphans) };
  }

  #findings(found: readonly (readonly [number, Places])[]): readonly IdentityFinding[] {
    return found.flatMap(([use, places]) => {
      const field = this.#fields[use];
      return field === undefined ? [] : [{ field, total: this.#totals.get(use) ?? 0, places }];
    });
  }
}

function placeAt(lanes: Uint32Array, at: number): Place {
  return { item: (lanes[at + 2] ?? 0) % REFERENCE_BIT, record: lanes[at + 3] ?? 0 };
}

function placesOf(all: Map<number, Places>, use: number): Places {
  let places = all.get(use);
  if (places === undefined) all.set(use, (places = new Places()));
  return places;
}
