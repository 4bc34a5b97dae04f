/** HL7 v2 as a source of values: a path is looked up in the group it is asked from, then outwards. */
import { brokenPromise } from '../../kernel/fault.ts';
import type { FieldPath, Hl7Message } from '../hl7v2/message.ts';
import { fieldPosition } from '../hl7v2/structure.ts';
import { parseGroups, parseHl7Path, type Hl7Path } from './path.ts';
import { findSegment, insideAll, openGroups, type Group } from './groups-hl7v2.ts';
import type { Source, Taken, Trouble, ValueOf } from './source.ts';

export interface Hl7Scope {
  readonly message: Hl7Message;
  /** For example `message 2`. */
  readonly at: string;
  /** Outermost first. */
  readonly groups: readonly Group[];
  /** Segments already looked up from here. */
  readonly known: Map<string, number>;
  /** Values already read from here; '' for none. */
  readonly values: Map<string, string>;
  /** For times without an offset. */
  readonly zone?: string | undefined;
  /** The repetition an `each` rule is at. */
  readonly repetition?: { readonly segment: number; readonly field: number; readonly ordinal: number } | undefined;
  /** The neighbours an `each` rule takes together. */
  readonly run?: Run | undefined;
}

/** Segments of one kind that stand directly behind one another; the group of the scope is that of the last one. */
interface Run {
  readonly id: string;
  readonly segments: readonly number[];
}

/** The groups `OBR/OBX` opens inside a scope; `OBR/OBX-16` goes on through the repetitions of a field. */
export function compileGroups(forEach: string): (scope: Hl7Scope) => readonly Hl7Scope[] {
  const { ids, field } = parseGroups(forEach) ?? { ids: [], field: undefined };
  return (scope) => {
    let scopes: readonly Hl7Scope[] = [scope];
    for (const id of ids) scopes = scopes.flatMap((outer) => opened(outer, id));
    return field === undefined ? scopes : scopes.flatMap((each) => repetitionsOf(each, openedBy(each), field));
  };
}

function opened({ message, at, groups, zone }: Hl7Scope, id: string): readonly Hl7Scope[] {
  return openGroups(message.ids, id, groups.at(-1)).map((group) => ({
    message,
    at,
    groups: [...groups, group],
    known: new Map(),
    values: new Map(),
    zone,
  }));
}

function openedBy(scope: Hl7Scope): number {
  return scope.groups.at(-1)?.segment ?? -1;
}

function repetitionsOf(scope: Hl7Scope, segment: number, field: number): readonly Hl7Scope[] {
  if (segment === -1) return [];
  return Array.from({ length: scope.message.repetitions(segment, field) }, (_, index) => ({
    ...scope,
    values: new Map(),
    repetition: { segment, field, ordinal: index + 1 },
  }));
}

/** Scopes as `each` opens them, neighbours that agree in all these fields put together. */
function runsOf(scopes: readonly Hl7Scope[], fields: readonly Hl7Path[]): readonly Hl7Scope[] {
  const runs: { scope: Hl7Scope; readonly says: readonly string[]; readonly segments: number[] }[] = [];
  for (const scope of scopes) {
    const segment = openedBy(scope);
    const says = fields.map(({ field }) => scope.message.rawField(segment, field));
    const last = runs.at(-1);
    if (last?.segments.at(-1) === segment - 1 && says.every((each, index) => each === last.says[index])) {
      last.scope = scope;
      last.segments.push(segment);
    } else runs.push({ scope, says, segments: [segment] });
  }
  return runs.map(({ scope, segments }) => ({ ...scope, run: { id: scope.groups.at(-1)?.id ?? '', segments } }));
}

/** Index of the segment a path means in a scope, or -1. */
function lookUp(scope: Hl7Scope, path: Hl7Path): number {
  const known = scope.known.get(path.name);
  if (known !== undefined) return known;
  const found =
    path.where === undefined ? findSegment(scope.message, scope.groups, path.segment) : (fitting(scope, path)[0] ?? -1);
  scope.known.set(path.name, found);
  return found;
}

/** The segments of the nearest group of another kind, or of the message, that fulfil the predicates of a path. */
function fitting({ message, groups }: Hl7Scope, { segment: id, where = [] }: Hl7Path): readonly number[] {
  const at = groups.at(-1);
  const own = at?.id === id ? at.segment : undefined;
  const outer = groups.findLast((group) => group.id !== id);
  const all = outer === undefined ? [...message.ids.keys()] : insideAll(message.ids, id, outer);
  const valueAt = (segment: number, path: FieldPath) => message.value(segment, path)?.trim() ?? '';
  return all.filter(
    (segment) =>
      message.ids[segment] === id &&
      where.every(({ path, values }) => {
        if (values !== undefined) return values.includes(valueAt(segment, path));
        return own !== undefined && valueAt(segment, path) === valueAt(own, path);
      }),
  );
}

function pathOf(text: string): Hl7Path {
  const path = parseHl7Path(text);
  if (path === undefined) throw brokenPromise(`${text} passed the check of the lineage and is no HL7 path`);
  return path;
}

function pathIn(scope: Hl7Scope, path: Hl7Path, segment: number): Hl7Path {
  const { repetition } = scope;
  if (repetition?.segment !== segment || repetition.field !== path.field) return path;
  return { ...path, repetition: repetition.ordinal };
}

function joined(scope: Hl7Scope, segment: number, path: Hl7Path, separator: string): string {
  const values: string[] = [];
  for (let repetition = 1; repetition <= scope.message.repetitions(segment, path.field); repetition++) {
    values.push(scope.message.value(segment, { ...path, repetition }) ?? '');
  }
  return values.join(separator);
}

function componentName(component: number | undefined, subcomponent: number | undefined): string {
  if (component === undefined) return '';
  return subcomponent === undefined ? `.${component}` : `.${component}.${subcomponent}`;
}

/** What the segments of a run say: each its line, or all the same. */
function inRun(scope: Hl7Scope, { segments }: Run, path: Hl7Path, taken: Taken, trouble: Trouble): string | undefined {
  const { path: text, repeats } = taken;
  if (repeats !== undefined && repeats !== 'first') {
    return segments.map((segment) => joined(scope, segment, path, repeats)).join(repeats);
  }
  const said = new Set(segments.flatMap((segment) => valuesIn(scope, segment, path)));
  if (repeats === undefined && said.size > 1) {
    trouble(
      'schema-invalid',
      'SEGMENT_REPEATED',
      'neighbours say different things, and the lineage maps one value',
      text,
    );
    return undefined;
  }
  const [first] = said;
  return first;
}

function valuesIn({ message }: Hl7Scope, segment: number, path: Hl7Path): readonly string[] {
  const repetitions = path.repetition === undefined ? message.repetitions(segment, path.field) : 1;
  return Array.from({ length: repetitions }, (_, index) => {
    const value = message.value(segment, { ...path, repetition: path.repetition ?? index + 1 }) ?? '';
    return value.trim() === '' ? [] : [value];
  }).flat();
}

/** Reads a value; one that is the same whatever is said of repetitions is known from then on. */
function reader(taken: Taken): ValueOf<Hl7Scope> {
  const { path: text, repeats } = taken;
  const path = pathOf(text);
  return (scope, trouble) => {
    const { run } = scope;
    if (run?.id === path.segment && path.where === undefined) return inRun(scope, run, path, taken, trouble);
    const segment = lookUp(scope, path);
    const { message } = scope;
    const raw = segment === -1 ? '' : message.rawField(segment, path.field);
    if (path.where !== undefined && repeats === undefined && fitting(scope, path).length > 1) {
      trouble('schema-invalid', 'SEGMENT_REPEATED', 'several segments fit, and the lineage maps one of them', text);
      return undefined;
    }
    const asked = scope.repetition === undefined ? path : pathIn(scope, path, segment);
    const isSure = asked.repetition !== undefined || path.segment === 'MSH';
    if (isSure || !raw.includes(message.delimiters.repetition)) {
      const value = message.valueIn(raw, segment, asked) ?? '';
      if (path.where === undefined) scope.values.set(text, value);
      return value || undefined;
    }
    if (repeats === 'first') return message.valueIn(raw, segment, asked) ?? undefined;
    if (repeats !== undefined) return joined(scope, segment, path, repeats);
    trouble('schema-invalid', 'REPETITION_UNMAPPED', 'the field repeats, and the lineage maps one value', text);
    return undefined;
  };
}

export const hl7Source: Source<Hl7Scope> = {
  value(taken) {
    const read = reader(taken);
    const { path } = taken;
    return (scope, trouble) => {
      const known = scope.values.get(path);
      return known === undefined ? read(scope, trouble) : known || undefined;
    };
  },
  instances({ path: text, repeats }) {
    const path = pathOf(text);
    const tail = componentName(path.component, path.subcomponent);
    const whole = (scope: Hl7Scope, segment: number) => {
      const repetitions = scope.message.repetitions(segment, path.field);
      return Array.from({ length: repetitions }, (_, at) => `${scope.at} ${segment}-${path.field}[${at + 1}]${tail}`);
    };
    return (scope) => {
      const { run } = scope;
      if (run?.id === path.segment && path.where === undefined) {
        return run.segments.flatMap((segment) => whole(scope, segment));
      }
      const segment = lookUp(scope, path);
      if (segment === -1) return [];
      const field = `${scope.at} ${segment}-${path.field}`;
      const { repetition } = scope.repetition === undefined ? path : pathIn(scope, path, segment);
      if (repetition !== undefined) return [`${field}[${repetition}]${tail}`];
      if (repeats === 'first') return [`${field}[1]${tail}`];
      return whole(scope, segment);
    };
  },
  ordinal: (id) => (scope) => {
    const group = scope.groups.find((each) => each.id === id);
    return group === undefined ? undefined : String(group.ordinal);
  },
  each(forEach, together) {
    const path = parseHl7Path(forEach);
    if (path === undefined) {
      const open = compileGroups(forEach);
      const fields = together?.map(pathOf);
      return fields === undefined ? open : (scope) => runsOf(open(scope), fields);
    }
    return (scope) => repetitionsOf(scope, lookUp(scope, path), path.field);
  },
  position(scope, text) {
    const path = text === undefined ? undefined : parseHl7Path(text);
    const { repetition } = scope;
    if (text === undefined && repetition !== undefined) {
      return fieldPosition(scope.message, repetition.segment, repetition.field, scope.at);
    }
    const segment = path === undefined ? (scope.groups.at(-1)?.segment ?? -1) : lookUp(scope, path);
    if (segment === -1) return text === undefined ? scope.at : `${scope.at} ${text}`;
    if (path !== undefined) return fieldPosition(scope.message, segment, path.field, scope.at);
    return fieldPosition(scope.message, segment, 0, scope.at).slice(0, -2);
  },
};
