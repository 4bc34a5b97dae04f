/** Segment grammars: compiled once into states, walked one segment at a time with what is missing told on the way. */

/**
 * A grammar in the notation of chapter 2, shortened: `EVN PID [PD1] {NK1} (OBR {NTE})+ <OBR|RXO>`. Brackets: at most
 * one; braces: any number; parentheses with `+`: at least one; angle brackets: one of several.
 */
export type GrammarText = string;

/** Something a message does not keep of its grammar. `at`: the index of the segment, or how many there are. */
export interface Breach {
  readonly kind: 'missing' | 'misplaced' | 'repeated' | 'foreign';
  readonly id: string;
  readonly at: number;
}

type Node =
  | { readonly kind: 'segment'; readonly id: string }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Node[] }
  | { readonly kind: 'optional' | 'many' | 'some'; readonly of: Node };

/** An edge without a segment costs nothing; one with `missing` leaves out a segment that must be there. */
interface Edge {
  readonly id: string | undefined;
  readonly to: number;
}

/** Where a walk can stand: states of the automaton, and by segment where it goes from there. */
interface Stand {
  readonly states: readonly number[];
  /** Only for segments of the grammar, so that no message makes it grow. */
  readonly next: Map<string, Stand | undefined>;
  /** By segment, or by undefined for the end; see Grammar.#around. */
  readonly around: Map<string | undefined, Detour | undefined>;
}

/** A way on that leaves out segments that must be there. */
interface Detour {
  readonly left: readonly string[];
  readonly stand: Stand;
}

export class Grammar {
  readonly ids: ReadonlySet<string>;
  readonly #edges: Edge[][] = [];
  readonly #end: number;
  readonly #start: Stand;
  readonly #stands = new Map<string, Stand>();

  constructor(text: GrammarText) {
    const root = new Reader(text).whole();
    const start = this.#state();
    this.#end = this.#build(root, start);
    this.ids = new Set(this.#edges.flatMap((edges) => edges.flatMap(({ id }) => id ?? [])));
    this.#start = this.#stand([start]);
  }

  /** Every breach, in the order of the segments; `ids` without those that any message may carry. */
  breachesOf(ids: readonly string[]): readonly Breach[] {
    const breaches: Breach[] = [];
    const outOfPlace = new Set<string>();
    const lastAt = new Map(ids.map((id, at) => [id, at]));
    let stand = this.#start;
    ids.forEach((id, at) => {
      const next = this.#step(stand, id);
      if (next !== undefined) {
        stand = next;
        return;
      }
      const around = this.ids.has(id) ? this.#around(stand, id) : undefined;
      // What comes later is not missing: then this segment came too early.
      if (around === undefined || around.left.some((left) => (lastAt.get(left) ?? -1) > at)) {
        const kind = !this.ids.has(id) ? 'foreign' : ids[at - 1] === id ? 'repeated' : 'misplaced';
        breaches.push({ kind, id, at });
        outOfPlace.add(id);
        return;
      }
      for (const left of around.left) breaches.push({ kind: 'missing', id: left, at });
      stand = around.stand;
    });
    const isOver = stand.states.includes(this.#end);
    const left = isOver ? [] : (this.#around(stand, undefined)?.left ?? []);
    for (const id of left) if (!outOfPlace.has(id)) breaches.push({ kind: 'missing', id, at: ids.length });
    return breaches;
  }

  #step(stand: Stand, id: string): Stand | undefined {
    if (!this.ids.has(id)) return undefined;
    if (stand.next.has(id)) return stand.next.get(id);
    const to = stand.states.flatMap((state) => this.#edgesOf(state).flatMap((e) => (e.id === id ? [e.to] : [])));
    const next = to.length === 0 ? undefined : this.#stand(to);
    stand.next.set(id, next);
    return next;
  }

  /** The way to a segment, or to the end, that leaves out the fewest segments; undefined where there is none. */
  #around(stand: Stand, id: string | undefined): Detour | undefined {
    const known = stand.around.get(id);
    if (known !== undefined || stand.around.has(id)) return known;
    const found = this.#detour(stand, id);
    stand.around.set(id, found);
    return found;
  }

  #detour({ states }: Stand, id: string | undefined): Detour | undefined {
    const seen = new Set(states);
    let front = states.map((state) => ({ state, left: [] as readonly string[] }));
    while (front.length > 0) {
      for (const { state, left } of front) {
        if (id === undefined ? state === this.#end : this.#edgesOf(state).some((edge) => edge.id === id)) {
          const to = this.#edgesOf(state).flatMap((edge) => (edge.id === id ? [edge.to] : []));
          return { left, stand: this.#stand(to) };
        }
      }
      front = front.flatMap(({ state, left }) =>
        this.#edgesOf(state).flatMap((edge) => {
          if (edge.id === undefined) return [];
          const reached = this.#closure([edge.to]).filter((each) => !seen.has(each));
          for (const each of reached) seen.add(each);
          return reached.map((each) => ({ state: each, left: [...left, edge.id ?? ''] }));
        }),
      );
    }
    return undefined;
  }

  #stand(from: readonly number[]): Stand {
    const states = this.#closure(from);
    const name = states.join(' ');
    let stand = this.#stands.get(name);
    if (stand === undefined) this.#stands.set(name, (stand = { states, next: new Map(), around: new Map() }));
    return stand;
  }

  #closure(from: readonly number[]): readonly number[] {
    const reached = new Set(from);
    for (const state of reached) {
      for (const { id, to } of this.#edgesOf(state)) if (id === undefined) reached.add(to);
    }
    return [...reached].sort((left, right) => left - right);
  }

  #edgesOf(state: number): readonly Edge[] {
    return this.#edges[state] ?? [];
  }

  #state(): number {
    return this.#edges.push([]) - 1;
  }

  #link(from: number, to: number, id?: string): number {
    this.#edges[from]?.push({ id, to });
    return to;
  }

  /** Adds what is needed to read `node` from the state `from`; the state behind it. */
  #build(node: Node, from: number): number {
    switch (node.kind) {
      case 'segment':
        return this.#link(from, this.#state(), node.id);
      case 'all':
        return node.of.reduce((at, each) => this.#build(each, at), from);
      case 'any': {
        const end = this.#state();
        for (const each of node.of) this.#link(this.#build(each, from), end);
        return end;
      }
      case 'optional':
      case 'many':
      case 'some': {
        const begin = this.#link(from, this.#state());
        const end = this.#build(node.of, begin);
        if (node.kind !== 'optional') this.#link(end, begin);
        const behind = this.#link(end, this.#state());
        if (node.kind !== 'some') this.#link(begin, behind);
        return behind;
      }
      default:
        return node satisfies never;
    }
  }
}

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')', '<': '>' };

class Reader {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: GrammarText) {
    this.#tokens = text.match(/[A-Z][A-Z0-9]{2}|[[\]{}()<>|+]/g) ?? [];
  }

  whole(): Node {
    return this.#until(undefined);
  }

  #until(closing: string | undefined): Node {
    const of: Node[] = [];
    for (let token = this.#tokens[this.#at++]; token !== closing; token = this.#tokens[this.#at++]) {
      if (token === undefined) throw new RangeError(`a grammar ends without its ${closing}`);
      if (token === '|') continue;
      of.push(this.#node(token));
    }
    return { kind: closing === '>' ? 'any' : 'all', of };
  }

  #node(token: string): Node {
    const closing = CLOSING[token];
    if (closing === undefined) return { kind: 'segment', id: token };
    const inner = this.#until(closing);
    if (token === '<') return inner;
    if (token === '[') return { kind: 'optional', of: inner };
    if (token === '{') return { kind: 'many', of: inner };
    if (this.#tokens[this.#at++] !== '+') throw new RangeError('parentheses of a grammar are followed by +');
    return { kind: 'some', of: inner };
  }
}
