/** What changed from one lineage map to another, in words, for the person who approves it. */
import { parseDocument, type Document } from 'yaml';
import type { LineageMap, RecordRules, RecordsOf } from './language.ts';
import { lineOf } from './lines.ts';
import type { Rule } from './rule.ts';

export interface LineageChange {
  readonly change: 'added' | 'removed' | 'changed';
  /** What of the map it is about: `Patient: rule for birthDate`, `code map sex: F`, `exclusion of PID-15`. */
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
  /** The line it stands on in the text it is in: of the later map, or of the earlier one where it was removed. */
  readonly line: number | null;
}

/** A map and the text it was read from. */
export interface WrittenLineage {
  readonly map: LineageMap;
  readonly text: string;
}

interface Part {
  readonly what: string;
  readonly words: string;
  readonly at: readonly string[];
}

/** Nothing where both say the same; a change of the order of rules is a change, since the last rule wins. */
export function diffLineages(before: WrittenLineage, after: WrittenLineage): readonly LineageChange[] {
  const [old, now] = [partsOf(before.map), partsOf(after.map)];
  const [oldLine, newLine] = [linesOf(before.text), linesOf(after.text)];
  const [olds, news] = [Map.groupBy(old, ({ what }) => what), Map.groupBy(now, ({ what }) => what)];
  const changes = [...new Set([...news.keys(), ...olds.keys()])].flatMap((what) => {
    const [gone, come] = withoutEqual(olds.get(what) ?? [], news.get(what) ?? []);
    return Array.from({ length: Math.max(gone.length, come.length) }, (_, index): LineageChange => {
      const [from, to] = [gone[index], come[index]];
      return {
        change: from === undefined ? 'added' : to === undefined ? 'removed' : 'changed',
        what,
        before: from?.words ?? null,
        after: to?.words ?? null,
        line: (to === undefined ? oldLine(from?.at ?? []) : newLine(to.at)) ?? null,
      };
    });
  });
  return changes.length > 0 ? changes : orderChanges(old, now);
}

/** Of parts with one name: those that are in one of the two only. */
function withoutEqual(old: readonly Part[], now: readonly Part[]): readonly [readonly Part[], readonly Part[]] {
  const come = [...now];
  const gone = old.filter(({ words }) => {
    const at = come.findIndex((each) => each.words === words);
    if (at !== -1) come.splice(at, 1);
    return at === -1;
  });
  return [gone, come];
}

function orderChanges(old: readonly Part[], now: readonly Part[]): readonly LineageChange[] {
  const at = now.findIndex(({ what, words }, index) => old[index]?.what !== what || old[index]?.words !== words);
  const [from, to] = [old[at], now[at]];
  if (from === undefined || to === undefined) return [];
  const what = 'order of what the map says';
  return [{ change: 'changed', what, before: `first ${from.what}`, after: `first ${to.what}`, line: null }];
}

function linesOf(text: string): (at: readonly string[]) => number | undefined {
  let document: Document | undefined;
  return (at) => {
    document ??= parseDocument(text, { prettyErrors: false });
    return lineOf(document, text, at);
  };
}

function partsOf(map: LineageMap): readonly Part[] {
  const { records, recordsOf, shapes, codeMaps, exclusions, departures, critical, preserves, copyResource, ...head } =
    map;
  return [
    ...Object.entries(head).flatMap(([name, value]) => part(name, value, [name])),
    ...critical.flatMap((path, at) => part(`critical field ${path}`, 'critical', ['critical', String(at)])),
    ...part('resources as they are', copyResource, ['copyResource']),
    ...partsOfRecords(records ?? [], '', ['records']),
    ...partsOfRecordsOf(recordsOf ?? [], '', ['recordsOf']),
    ...Object.entries(shapes ?? {}).flatMap(([name, shape]) => {
      const at = ['shapes', name];
      return [
        ...part(`shape ${name}`, { description: shape.description }, at),
        ...partsOfRules(shape.rules ?? [], `shape ${name}`, [...at, 'rules']),
        ...partsOfRecords(shape.records ?? [], `shape ${name}, `, [...at, 'records']),
        ...partsOfRecordsOf(shape.recordsOf ?? [], `shape ${name}, `, [...at, 'recordsOf']),
      ];
    }),
    ...Object.entries(codeMaps ?? {}).flatMap(([name, { codes, content: _, ...rest }]: [string, CodeMapParts]) => [
      ...part(`code map ${name}`, rest, ['codeMaps', name]),
      ...Object.entries(codes ?? {}).flatMap(([code, translation]) =>
        part(`code map ${name}: ${code}`, translation, ['codeMaps', name, 'codes', code]),
      ),
    ]),
    ...(exclusions ?? []).flatMap(({ from, reason }, at) =>
      part(`exclusion of ${from}`, reason, ['exclusions', String(at)]),
    ),
    ...(departures ?? []).flatMap(({ reason, ...about }, at) =>
      part(`departure in ${wordsOf(about)}`, reason, ['departures', String(at)]),
    ),
    ...(['timestamps', 'authorship'] as const).flatMap((kind) =>
      (preserves?.[kind] ?? []).flatMap((path, at) =>
        part(`${kind} kept: ${path}`, 'kept', ['preserves', kind, String(at)]),
      ),
    ),
  ];
}

interface CodeMapParts {
  readonly codes?: Readonly<Record<string, object>>;
  readonly content?: object | undefined;
}

function partsOfRecords(records: readonly RecordRules[], above: string, at: readonly string[]): readonly Part[] {
  return records.flatMap(({ type, forEach, rules, ...rest }, index) => {
    const what = `${above}${type}${forEach === undefined ? '' : ` for each ${forEach}`}`;
    const place = [...at, String(index)];
    return [...part(what, rest, place), ...partsOfRules(rules, what, [...place, 'rules'])];
  });
}

function partsOfRecordsOf(recordsOf: readonly RecordsOf[], above: string, at: readonly string[]): readonly Part[] {
  return recordsOf.flatMap(({ shape, from, ...rest }, index) =>
    part(`${above}records of ${shape} at ${from}`, rest, [...at, String(index)]),
  );
}

function partsOfRules(rules: readonly Rule[], above: string, at: readonly string[]): readonly Part[] {
  return rules.flatMap((rule, index) => {
    const place = [...at, String(index)];
    const { do: transform = 'copy', ...rest } = rule;
    const { to, rules: inner, ...members } = rest as { to?: string; rules?: readonly Rule[] };
    // A rule for an element called as a transformation is (`code`) is another than one that names no element.
    const what = `${above}: rule ${to === undefined ? `to ${transform}` : `for ${to}`}`;
    return [
      { what, words: `${transform} ${wordsOf(members)}`.trim(), at: place },
      ...partsOfRules(inner ?? [], what, [...place, 'rules']),
    ];
  });
}

function part(what: string, value: unknown, at: readonly string[]): readonly Part[] {
  return value === undefined ? [] : [{ what, words: wordsOf(value), at }];
}

const PLAIN = /^[^\s,;"]+$/;

/** `from PID-7, shapes [hl7], as date`; two values that are not equal never read the same. */
function wordsOf(value: unknown): string {
  if (typeof value === 'string')
    return PLAIN.test(value) && Number.isNaN(Number(value)) ? value : JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return `= ${String(value)}`;
  if (Array.isArray(value)) return `[${value.map(wordsOf).join(', ')}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return members
    .map(([name, member]) => {
      const isInner = typeof member === 'object' && member !== null && !Array.isArray(member);
      return `${name} ${isInner ? `{${wordsOf(member)}}` : wordsOf(member)}`;
    })
    .join(', ');
}

/** One change in a line: `changed Patient: rule for gender (line 12): trim from PID-8 -> code from PID-8, map sex`. */
export function changeText({ change, what, before, after, line }: LineageChange): string {
  const where = line === null ? '' : ` (line ${line})`;
  return `${change} ${what}${where}: ${[before, after].filter((each) => each !== null).join(' -> ')}`;
}
