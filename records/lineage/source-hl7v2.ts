/** HL7 v2 as a source of values: a path is looked up in the group it is asked from, then outwards. */
import { brokenPromise } from '../../kernel/fault.ts';
import type { Hl7Message } from '../hl7v2/message.ts';
import { fieldPosition } from '../hl7v2/structure.ts';
import { parseGroups, parseHl7Path, type Hl7Path } from './path.ts';
import type { Source } from './source.ts';

/** A group: the segment that opens it and everything up to the next group. */
export interface Group {
  readonly id: string;
  /** The opening segment; an ORC before an OBR belongs to the group but does not open it. */
  readonly segment: number;
  readonly start: number;
  readonly end: number;
  /** Which of its kind inside the enclosing group, from 1. */
  readonly ordinal: number;
}

export interface Hl7Scope {
  readonly message: Hl7Message;
  /** For example `message 2`. */
  readonly at: string;
  /** Outermost first. */
  readonly groups: readonly Group[];
  /** Segments already looked up from here. */
  readonly known: Map<string, number>;
  /** The repetition an `each` rule is at. */
  readonly repetition?: { readonly segment: number; readonly field: number; readonly ordinal: number } | undefined;
}

/** They describe the segment before them and stand directly behind it. */
const ATTACHED: readonly string[] = ['NTE', 'PRT'];

/** The groups a path such as `OBR/OBX` opens inside a scope. */
export function groupsOf(scope: Hl7Scope, forEach: string): readonly Hl7Scope[] {
  let scopes: readonly Hl7Scope[] = [scope];
  for (const id of parseGroups(forEach) ?? []) {
    scopes = scopes.flatMap((outer) =>
      openGroups(outer, id).map((group) => ({ ...outer, groups: [...outer.groups, group], known: new Map() })),
    );
  }
  return scopes;
}

function openGroups(scope: Hl7Scope, id: string): readonly Group[] {
  const { ids } = scope.message;
  const outer = scope.groups.at(-1);
  const from = (outer?.segment ?? -1) + 1;
  const to = outer?.end ?? ids.length;
  if (ATTACHED.includes(id)) return attached(ids, id, from, to);
  const groups: Group[] = [];
  let order: number | undefined;
  const close = (end: number) => {
    const last = groups.at(-1);
    if (last !== undefined && last.end === to) groups[groups.length - 1] = { ...last, end };
  };
  for (let segment = from; segment < to; segment++) {
    const found = ids[segment];
    if (found === id) {
      const start = order ?? segment;
      close(start);
      groups.push({ id, segment, start, end: to, ordinal: groups.length + 1 });
      order = undefined;
    } else if (found === 'PID' || (found === 'ORC' && id === 'OBR')) {
      close(segment);
      order = found === 'ORC' ? segment : undefined;
    }
  }
  return groups;
}

function attached(ids: readonly string[], id: string, from: number, to: number): readonly Group[] {
  const groups: Group[] = [];
  for (let segment = from; segment < to && ATTACHED.includes(ids[segment] ?? ''); segment++) {
    if (ids[segment] !== id) continue;
    groups.push({ id, segment, start: segment, end: segment + 1, ordinal: groups.length + 1 });
  }
  return groups;
}

/** Index of the segment a path means in a scope, or -1. */
function lookUp(scope: Hl7Scope, id: string): number {
  const known = scope.known.get(id);
  if (known !== undefined) return known;
  const found = find(scope, id);
  scope.known.set(id, found);
  return found;
}

function find({ message, groups }: Hl7Scope, id: string): number {
  if (id === 'MSH') return 0;
  let innerStart: number | undefined;
  for (let level = groups.length - 1; level >= 0; level--) {
    const group = groups[level];
    if (group === undefined) break;
    if (group.id === id) return group.segment;
    // Of an enclosing group only what stands before the inner one concerns it.
    const found = within(message.ids, id, group, innerStart ?? group.end);
    if (found !== -1) return found;
    innerStart = group.start;
  }
  return innerStart === undefined ? message.find(id) : before(message, id, innerStart);
}

function within(ids: readonly string[], id: string, group: Group, to: number): number {
  if (ATTACHED.includes(id)) return attached(ids, id, group.segment + 1, to)[0]?.segment ?? -1;
  for (let segment = group.start; segment < to; segment++) if (ids[segment] === id) return segment;
  return -1;
}

/** The nearest one before the outermost group, of the same patient; else one of the message's head. */
function before(message: Hl7Message, id: string, from: number): number {
  for (let segment = from - 1; segment > 0; segment--) {
    if (message.ids[segment] === id) return segment;
    if (message.ids[segment] === 'PID') break;
  }
  const head = message.find(id);
  return head !== -1 && head < message.find('PID') ? head : -1;
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

function joined(scope: Hl7Scope, segment: number, path: Hl7Path, separator: string): string | undefined {
  const values: string[] = [];
  for (let repetition = 1; repetition <= scope.message.repetitions(segment, path.field); repetition++) {
    values.push(scope.message.value(segment, { ...path, repetition }) ?? '');
  }
  return values.length === 0 ? undefined : values.join(separator);
}

export const hl7Source: Source<Hl7Scope> = {
  value({ path: text, repeats }) {
    const path = pathOf(text);
    return (scope, trouble) => {
      const segment = lookUp(scope, path.segment);
      if (segment === -1) return undefined;
      const asked = scope.repetition === undefined ? path : pathIn(scope, path, segment);
      if (asked.repetition !== undefined || repeats === 'first') {
        return scope.message.value(segment, asked) ?? undefined;
      }
      const { message } = scope;
      const raw = message.rawField(segment, path.field);
      if (!raw.includes(message.delimiters.repetition) || path.segment === 'MSH') {
        return message.value(segment, path) ?? undefined;
      }
      if (repeats !== undefined) return joined(scope, segment, path, repeats);
      trouble('schema-invalid', 'REPETITION_UNMAPPED', 'the field repeats, and the lineage maps one value', text);
      return undefined;
    };
  },
  ordinal: (id) => (scope) => {
    const group = scope.groups.find((each) => each.id === id);
    return group === undefined ? undefined : String(group.ordinal);
  },
  each(forEach) {
    const path = parseHl7Path(forEach);
    if (path === undefined) return (scope) => groupsOf(scope, forEach);
    return (scope) => {
      const segment = lookUp(scope, path.segment);
      if (segment === -1) return [];
      const repetitions = scope.message.repetitions(segment, path.field);
      return Array.from({ length: repetitions }, (_, index) => ({
        ...scope,
        repetition: { segment, field: path.field, ordinal: index + 1 },
      }));
    };
  },
  position(scope, text) {
    const path = text === undefined ? undefined : parseHl7Path(text);
    const segment = path === undefined ? (scope.groups.at(-1)?.segment ?? -1) : lookUp(scope, path.segment);
    if (segment === -1) return text === undefined ? scope.at : `${scope.at} ${text}`;
    if (path !== undefined) return fieldPosition(scope.message, segment, path.field, scope.at);
    return fieldPosition(scope.message, segment, 0, scope.at).slice(0, -2);
  },
};
