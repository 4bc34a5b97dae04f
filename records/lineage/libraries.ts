/** Shape libraries: shapes and code maps that many maps use, written into each map before anything looks at it. */
import { parse } from 'yaml';
import { granted, refused, type Outcome, type Refusal } from '../../kernel/refusal.ts';
import { nearestWord } from '../spelling.ts';
import type { CodeMap, Departure, Shape } from './language.ts';
import type { Rule } from './rule.ts';
import { shapeLibrarySchema } from './schema.ts';

/** The libraries there are: name to text, `{shapes, codeMaps}` in YAML. */
export type Libraries = ReadonlyMap<string, string>;

interface Library {
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly codeMaps?: Readonly<Record<string, CodeMap>> | undefined;
  readonly departures?: readonly Departure[] | undefined;
}

const USES = 'uses';

type Written = Readonly<Record<string, unknown>>;

/**
 * The map as written, with what it `uses` put in; only shapes it reaches come along, their code maps, and the
 * departures. Refuses with LINEAGE_INVALID libraries that are not there, and names that stand on both sides.
 */
export function withLibraries(written: unknown, libraries: Libraries): Outcome<unknown> {
  if (!isWritten(written) || written[USES] === undefined) return granted(written);
  const { [USES]: uses, ...map } = written;
  const names = Array.isArray(uses) ? uses.map(String) : [];
  if (names.length === 0) return refused(invalid([USES], 'is no list of shape libraries', remedy('', libraries)));
  const unknown = names.filter((name) => !libraries.has(name));
  if (unknown.length > 0) {
    return refused(
      ...unknown.map((name) =>
        invalid(
          [USES, String(names.indexOf(name))],
          `names ${name}, which is no shape library`,
          remedy(name, libraries),
        ),
      ),
    );
  }
  const merged = { shapes: {}, codeMaps: {}, departures: new Array<Departure>() };
  for (const name of names) {
    const library = readLibrary(libraries.get(name) ?? '');
    Object.assign(merged.shapes, library.shapes);
    Object.assign(merged.codeMaps, library.codeMaps);
    merged.departures.push(...(library.departures ?? []));
  }
  return insert(map, merged);
}

/** Libraries are long and the same for every map: each text is read once. */
const read = new Map<string, Library>();
const READ_MAX = 64;

function readLibrary(text: string): Library {
  const known = read.get(text);
  if (known !== undefined) return known;
  const library = shapeLibrarySchema.parse(parse(text)) as Library;
  if (read.size >= READ_MAX) read.clear();
  read.set(text, library);
  return library;
}

function insert(map: Written, library: Library): Outcome<unknown> {
  const own = { shapes: membersOf(map['shapes']), codeMaps: membersOf(map['codeMaps']) };
  const reached = reachedShapes(map, own.shapes, library.shapes);
  const shapes = pick(library.shapes, reached);
  const asked = new Set(rulesIn(Object.values(shapes)).flatMap(codeMapOf));
  for (const rule of rulesIn([map['records'], own.shapes])) for (const name of codeMapOf(rule)) asked.add(name);
  const codeMaps = pick(library.codeMaps ?? {}, [...asked]);
  const twice = [
    ...Object.keys(shapes).flatMap((name) => (name in own.shapes ? [['shapes', name]] : [])),
    ...Object.keys(codeMaps).flatMap((name) => (name in own.codeMaps ? [['codeMaps', name]] : [])),
  ];
  if (twice.length > 0) {
    return refused(...twice.map((at) => invalid(at, 'stands in a library too', 'give it a name of its own')));
  }
  const all = { shapes: { ...shapes, ...own.shapes }, codeMaps: { ...codeMaps, ...own.codeMaps } };
  const departures = [...listOf(map['departures']), ...(library.departures ?? [])];
  return granted({
    ...map,
    ...(departures.length === 0 ? {} : { departures }),
    ...(Object.keys(all.codeMaps).length === 0 ? {} : { codeMaps: all.codeMaps }),
    ...(Object.keys(all.shapes).length === 0 ? {} : { shapes: all.shapes }),
  });
}

/** Names of library shapes that the map's rules lead to, directly or through other shapes, in order of their names. */
function reachedShapes(map: Written, own: Written, library: Library['shapes']): readonly string[] {
  const reached = new Set<string>();
  const made = [map, ...Object.values(own).filter(isWritten)].flatMap((each) => shapesMadeRecordsOf(each['recordsOf']));
  let frontier = [...rulesIn([map['records'], own]).flatMap(shapeOf), ...made];
  while (frontier.length > 0) {
    const next = frontier.filter((name) => name in library && !reached.has(name));
    for (const name of next) reached.add(name);
    frontier = next.flatMap((name) => [
      ...rulesIn(library[name]).flatMap(shapeOf),
      ...shapesMadeRecordsOf(library[name]?.recordsOf),
    ]);
  }
  return [...reached].sort();
}

function shapeOf(rule: Written): readonly string[] {
  return rule['do'] === 'shape' && typeof rule['shape'] === 'string' ? [rule['shape']] : [];
}

function shapesMadeRecordsOf(recordsOf: unknown): readonly string[] {
  return listOf(recordsOf).flatMap((use) => (isWritten(use) && typeof use['shape'] === 'string' ? [use['shape']] : []));
}

function codeMapOf(rule: Written | Rule): readonly string[] {
  const { do: transform, map } = rule as Written;
  return transform === 'code' && typeof map === 'string' ? [map] : [];
}

/** Everything in a text as written that looks like a rule, at any depth. */
function rulesIn(written: unknown): readonly Written[] {
  if (Array.isArray(written)) return written.flatMap(rulesIn);
  if (!isWritten(written)) return [];
  const inside = Object.values(written).flatMap(rulesIn);
  return typeof written['do'] === 'string' ? [written, ...inside] : inside;
}

function pick<T>(from: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  const known = Object.entries(from).filter(([name]) => names.includes(name));
  return Object.fromEntries(known);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isWritten(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function membersOf(value: unknown): Written {
  return isWritten(value) ? value : {};
}

function remedy(name: string, libraries: Libraries): string {
  const nearest = nearestWord(name, [...libraries.keys()]);
  const allowed = `allowed: ${[...libraries.keys()].join(', ') || 'none'}`;
  return nearest === undefined ? allowed : `${allowed}; perhaps ${nearest}`;
}

function invalid(field: readonly string[], what: string, how: string): Refusal {
  return { code: 'LINEAGE_INVALID', message: `${field.join('.')} ${what}`, field, remedy: how };
}
