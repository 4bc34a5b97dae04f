/** HL7 v2 as a source of values: a path is looked up in the group it is asked from, then outwards. */
import { brokenPromise } from '../../kernel/fault.ts';
import type { FieldPath } from '../hl7v2/message.ts';
import { fieldPosition, segmentName } from '../hl7v2/structure.ts';
import { parseHl7Path, type Hl7Path } from './path.ts';
import { findInGroup, findOutside, insideAll } from './groups-hl7v2.ts';
import { compileGroups, repetitionsOf, runsOf, type Hl7Scope, type Run } from './scope-hl7v2.ts';
import type { Source, Taken, Trouble, ValueOf } from './source.ts';

/** Index of the segment a path means in a scope, or -1. */
function lookUp(scope: Hl7Scope, path: Hl7Path): number {
  if (path.where !== undefined) return fitting(scope, path)[0] ?? -1;
  const own = findInGroup(scope.message, scope.groups, path.segment);
  return own === -1 ? findOutside(scope.message, scope.groups, path.segment) : own;
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

/** What was last read at a path: rules and conditions ask for the same value of the same scope many times. */
interface Last {
  scope: Hl7Scope | undefined;
  value: string | undefined;
  /** Of scopes that see the same outside their own group, where that is where the value stands. */
  outside: object | undefined;
  outsideValue: string | undefined;
}

/** Reads a value; one that is the same whatever is said of repetitions is remembered. */
function reader(taken: Taken, last: Last): ValueOf<Hl7Scope> {
  const path = pathOf(taken.path);
  if (path.where !== undefined) return readerOfFitting(taken, path);
  const { segment: id } = path;
  const read = (scope: Hl7Scope, trouble: Trouble): string | undefined => {
    if (scope.run?.id === id) return inRun(scope, scope.run, path, taken, trouble);
    const own = findInGroup(scope.message, scope.groups, id);
    if (own === -1 && last.outside === scope.outside) return last.outsideValue;
    const segment = own === -1 ? findOutside(scope.message, scope.groups, id) : own;
    const raw = segment === -1 ? '' : scope.message.rawField(segment, path.field);
    const asked = scope.repetition === undefined ? path : pathIn(scope, path, segment);
    const isSure = asked.repetition !== undefined || id === 'MSH';
    if (!isSure && raw.includes(scope.message.delimiters.repetition)) {
      return repeated(scope, { segment, raw, path: asked }, taken, trouble);
    }
    const value = scope.message.valueIn(raw, segment, asked) || undefined;
    last.scope = scope;
    last.value = value;
    if (own === -1) {
      last.outside = scope.outside;
      last.outsideValue = value;
    }
    return value;
  };
  return (scope, trouble) => (last.scope === scope ? last.value : read(scope, trouble));
}

interface Field {
  readonly segment: number;
  readonly raw: string;
  readonly path: Hl7Path;
}

function repeated(scope: Hl7Scope, field: Field, { path: text, repeats }: Taken, trouble: Trouble): string | undefined {
  const { segment, raw, path } = field;
  if (repeats === 'first') return scope.message.valueIn(raw, segment, path) ?? undefined;
  if (repeats !== undefined) return joined(scope, segment, path, repeats);
  trouble('schema-invalid', 'REPETITION_UNMAPPED', 'the field repeats, and the lineage maps one value', text);
  return undefined;
}

/** Of the segments that fulfil the predicates of a path. */
function readerOfFitting(taken: Taken, path: Hl7Path): ValueOf<Hl7Scope> {
  return (scope, trouble) => {
    const [segment = -1, ...others] = fitting(scope, path);
    if (segment === -1) return undefined;
    if (taken.repeats === undefined && others.length > 0) {
      const why = 'several segments fit, and the lineage maps one of them';
      trouble('schema-invalid', 'SEGMENT_REPEATED', why, taken.path);
      return undefined;
    }
    const { message } = scope;
    const raw = message.rawField(segment, path.field);
    const asked = pathIn(scope, path, segment);
    const isSure = asked.repetition !== undefined || path.segment === 'MSH';
    if (isSure || !raw.includes(message.delimiters.repetition))
      return message.valueIn(raw, segment, asked) || undefined;
    return repeated(scope, { segment, raw, path: asked }, taken, trouble);
  };
}

/** HL7 v2 for one map: what is read at a path is remembered for everyone who asks for it. */
export function openHl7Source(): Source<Hl7Scope> {
  const read = new Map<string, Last>();
  return {
    ...hl7Source,
    value(taken) {
      let last = read.get(taken.path);
      if (last === undefined) {
        last = { scope: undefined, value: undefined, outside: undefined, outsideValue: undefined };
        read.set(taken.path, last);
      }
      return reader(taken, last);
    },
  };
}

const hl7Source: Omit<Source<Hl7Scope>, 'value'> = {
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
  position: hl7Position,
};

export function hl7Position(scope: Hl7Scope, text?: string): string {
  const path = text === undefined ? undefined : parseHl7Path(text);
  const { repetition } = scope;
  if (text === undefined && repetition !== undefined) {
    return fieldPosition(scope.message, repetition.segment, repetition.field, scope.at);
  }
  const segment = path === undefined ? (scope.groups.at(-1)?.segment ?? -1) : lookUp(scope, path);
  if (segment === -1) return text === undefined ? scope.at : `${scope.at} ${text}`;
  if (path !== undefined) return fieldPosition(scope.message, segment, path.field, scope.at);
  return `${scope.at} ${segmentName(scope.message, segment)}`;
}
