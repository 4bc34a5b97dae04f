/** What the shipped maps make of one source: that of its type, and beside it those that own what it leaves to them. */
import { readFileSync } from 'node:fs';
import { compileLineage } from '../../records/lineage/compile.ts';
import type { Departure, LineageMap } from '../../records/lineage/language.ts';
import type { Lineage } from '../../records/lineage/lineage.ts';
import { parseLineage } from '../../records/lineage/parse.ts';
import { shippedLibraries, shippedLineages } from '../../records/maps/shipped.ts';
import { Tracer, type TracedUnit } from '../../records/lineage/trace.ts';
import { Carried } from './carried.ts';
import { factsOf, type Element, type Said, type Side } from './facts.ts';
import type { Pair } from './pairs.ts';

export interface Made extends Side {
  /** Undefined where no shipped map takes messages of this type; everything expected is then missing. */
  readonly map: LineageMap | undefined;
  /** What the map of the type makes itself. */
  readonly own: ReadonlySet<Said>;
  /** The reasons that hold for a resource type: those of the map that makes it, and of the map of the message type. */
  readonly departuresOf: (resourceType: string) => readonly Departure[];
  /** What the map of the type does not write: code and position. */
  readonly problems: readonly string[];
  /** Where every source value of what is written stands. */
  readonly carried: Carried;
}

export class Programme {
  readonly #maps = shippedMaps();
  readonly #types: readonly string[];
  readonly #compiled = new Map<string, Lineage>();
  /** What the map that runs has done so far. */
  readonly #units: TracedUnit[] = [];
  readonly #tracer = new Tracer((unit) => this.#units.push(unit));

  /** `types` are those of all the messages it will meet. */
  constructor(types: readonly string[]) {
    this.#types = types;
  }

  /**
   * A message carries in its other segments what feeds of their own move: the patient of a result, its order, its
   * charge. Every other map of the format is therefore run over it as over a message of its feed, and of what they make
   * those types are taken that no map before them makes.
   */
  async makeOf(pair: Pair, type: string, bytes: Uint8Array): Promise<Made> {
    const ofFormat = this.#maps.filter(({ format }) => format === pair.format);
    const map = ofFormat.find(({ messages }) => pair.format !== 'hl7v2' || messages?.includes(type));
    const making: Making = {
      pair,
      bytes,
      said: [],
      keys: new Map(),
      makers: new Map(),
      problems: [],
      carried: new Carried(),
    };
    if (map !== undefined) await this.#makeBy(map, making);
    const own = new Set(making.said);
    const problems = [...making.problems];
    const others = pair.format === 'hl7v2' ? ofFormat.filter((each) => each !== map) : [];
    for (const other of others) await this.#makeBy(other, making);
    return {
      map,
      own,
      said: making.said,
      find: (reference) => making.keys.get(reference),
      problems,
      carried: making.carried,
      departuresOf: (resourceType) => {
        const maker = making.makers.get(resourceType);
        return [...(map?.departures ?? []), ...(maker === map ? [] : (maker?.departures ?? []))];
      },
    };
  }

  async #makeBy(map: LineageMap, making: Making): Promise<void> {
    const { pair, bytes, makers } = making;
    const lineage = this.#lineageOf(map, map.zone ?? pair.zone);
    const own = new Set(lineage.recordTypes.filter((each) => !makers.has(each)));
    // What the map of the message type makes is its own even where it makes none; a feed owns what it makes.
    if (makers.size === 0) for (const each of own) makers.set(each, map);
    const makes = new Set<string>();
    const written = new Set<string>();
    this.#units.splice(0);
    for await (const record of lineage.map(pair.name, streamOf(bytes))) {
      making.problems.push(...record.problems.map(({ code, position }) => `${pair.name}: ${code} ${position}`));
      // What must not be written to the target has not been found.
      const isNew = DIRECTORIES.has(record.type) ? !making.keys.has(record.key) : own.has(record.type);
      if (record.problems.length > 0 || !isNew) continue;
      const said = factsOf({ resourceType: record.type, ...(record.resource as Element) }, () => undefined);
      making.said.push(said);
      makes.add(record.type);
      making.keys.set(record.key, said);
      written.add(`${record.type} ${record.key}`);
    }
    for (const each of makes) makers.set(each, map);
    for (const unit of this.#units) making.carried.add(unit, (type, key) => written.has(`${type} ${key}`));
  }

  #lineageOf(map: LineageMap, zone: string | undefined): Lineage {
    const name = `${map.name} ${zone}`;
    const compiled = this.#compiled.get(name) ?? compileLineage(inZone(map, zone, this.#types), this.#tracer);
    this.#compiled.set(name, compiled);
    return compiled;
  }
}

async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Who and what is known by one key in every map: any of them may make it. */
const DIRECTORIES: ReadonlySet<string> = new Set(['Practitioner', 'Organization', 'Location', 'Device']);

interface Making {
  readonly pair: Pair;
  readonly bytes: Uint8Array;
  readonly said: Said[];
  readonly keys: Map<string, Said>;
  /** By resource type. */
  readonly makers: Map<string, LineageMap>;
  readonly problems: string[];
  readonly carried: Carried;
}

export function shippedMaps(): readonly LineageMap[] {
  const libraries = shippedLibraries();
  return [...shippedLineages().values()].map((path) => {
    const parsed = parseLineage(readFileSync(path, 'utf8'), libraries);
    if (!parsed.ok) throw new Error(`${path}: ${parsed.refusals.map(({ message }) => message).join('; ')}`);
    return parsed.value;
  });
}

function inZone(map: LineageMap, zone: string | undefined, types: readonly string[]): LineageMap {
  return {
    ...map,
    ...(zone === undefined ? {} : { zone }),
    ...(map.messages === undefined ? {} : { messages: types }),
  };
}
