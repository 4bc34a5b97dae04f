/** The places of an HL7 v2 message that rules are applied in: the message, its groups, repetitions, neighbours. */
import type { Hl7Message } from '../hl7v2/message.ts';
import { openGroups, type Group } from './groups-hl7v2.ts';
import { parseGroups, type Hl7Path } from './path.ts';

/** A place in a message that rules read from. */
export class Hl7Scope {
  readonly message: Hl7Message;
  /** For example `message 2`. */
  readonly at: string;
  /** For times without an offset. */
  readonly zone: string | undefined;
  /** Outermost first. */
  readonly groups: readonly Group[];
  /** The same object for scopes that see the same outside their own group. */
  readonly outside: object;
  /** The repetition an `each` rule is at. */
  readonly repetition: Repetition | undefined;
  /** The neighbours an `each` rule takes together. */
  readonly run: Run | undefined;

  readonly #opened = new Map<string, readonly Hl7Scope[]>();

  private constructor(outer: Pick<Hl7Scope, 'message' | 'at' | 'zone'>, { groups, outside, repetition, run }: Inner) {
    this.message = outer.message;
    this.at = outer.at;
    this.zone = outer.zone;
    this.groups = groups;
    this.outside = outside;
    this.repetition = repetition;
    this.run = run;
  }

  /** The whole message, or in it one group that was found by other means. */
  static of(message: Hl7Message, at: string, zone?: string, groups: readonly Group[] = []): Hl7Scope {
    return new Hl7Scope({ message, at, zone }, { groups, outside: {}, repetition: undefined, run: undefined });
  }

  /** The groups with this id in it: several kinds of record go through the same ones. */
  open(id: string): readonly Hl7Scope[] {
    let opened = this.#opened.get(id);
    if (opened === undefined) this.#opened.set(id, (opened = groupsIn(this, id)));
    return opened;
  }

  inGroup(group: Group, outside: object): Hl7Scope {
    return new Hl7Scope(this, { groups: [...this.groups, group], outside, repetition: undefined, run: undefined });
  }

  /** The repetition may be one of a field outside the group, which is then another value than its neighbours see. */
  inRepetition(repetition: Repetition): Hl7Scope {
    return new Hl7Scope(this, { groups: this.groups, outside: {}, repetition, run: this.run });
  }

  inRun(run: Run): Hl7Scope {
    return new Hl7Scope(this, { groups: this.groups, outside: this.outside, repetition: this.repetition, run });
  }
}

type Inner = Pick<Hl7Scope, 'groups' | 'outside' | 'repetition' | 'run'>;

interface Repetition {
  readonly segment: number;
  readonly field: number;
  readonly ordinal: number;
}

/** Segments of one kind that stand directly behind one another; the group of the scope is that of the last one. */
export interface Run {
  readonly id: string;
  readonly segments: readonly number[];
}

/** The groups `OBR/OBX` opens inside a scope; `OBR/OBX-16` goes on through the repetitions of a field. */
export function compileGroups(forEach: string): (scope: Hl7Scope) => readonly Hl7Scope[] {
  const { ids, field } = parseGroups(forEach) ?? { ids: [], field: undefined };
  return (scope) => {
    let scopes: readonly Hl7Scope[] = [scope];
    for (const id of ids) {
      const [only] = scopes;
      scopes = only !== undefined && scopes.length === 1 ? only.open(id) : scopes.flatMap((outer) => outer.open(id));
    }
    return field === undefined ? scopes : scopes.flatMap((each) => repetitionsOf(each, openedBy(each), field));
  };
}

/** What groups see outside themselves depends on where the first of them starts, and on nothing else of theirs. */
function groupsIn(scope: Hl7Scope, id: string): readonly Hl7Scope[] {
  let outside = {};
  let first: number | undefined;
  return openGroups(scope.message.ids, id, scope.groups.at(-1)).map((group) => {
    if (group.first !== first) outside = {};
    first = group.first;
    return scope.inGroup(group, outside);
  });
}

export function openedBy(scope: Hl7Scope): number {
  return scope.groups.at(-1)?.segment ?? -1;
}

export function repetitionsOf(scope: Hl7Scope, segment: number, field: number): readonly Hl7Scope[] {
  if (segment === -1) return [];
  return Array.from({ length: scope.message.repetitions(segment, field) }, (_, index) =>
    scope.inRepetition({ segment, field, ordinal: index + 1 }),
  );
}

/** Scopes as `each` opens them, neighbours that agree in all these fields put together. */
export function runsOf(scopes: readonly Hl7Scope[], fields: readonly Hl7Path[]): readonly Hl7Scope[] {
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
  return runs.map(({ scope, segments }) => scope.inRun({ id: scope.groups.at(-1)?.id ?? '', segments }));
}
