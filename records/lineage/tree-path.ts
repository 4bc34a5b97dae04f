/** Paths into trees (XML elements, JSON values): steps, attributes and conditions on them, parsed once. */

/** A step: a child's name, `*` for any, `@name` for an attribute, `..` for what is around; of XML a function too. */
export interface TreeStep {
  readonly name: string;
  /** Any depth below, not only children. */
  readonly deep: boolean;
  readonly predicates: readonly Predicate[];
}

export interface TreePath {
  /** From the root of the document or resource instead of from the node. */
  readonly absolute: boolean;
  readonly steps: readonly TreeStep[];
}

/** `[2]`, or a path that must exist (or not), or have one of the values (or none of them). */
export type Predicate =
  | { readonly position: number }
  | { readonly path: TreePath; readonly negated: boolean; readonly values: readonly string[] | undefined };

const STEPS_MAX = 32;
const NAME = /^(?:(?:id|place|xhtml)\(\)|@?[A-Za-z_][\w:.-]*|\*|\.\.)/;
const JSON_NAME = /^(?:[A-Za-z_][\w-]*|\*|\.\.)/;

/**
 * `recordTarget/patientRole/id[@root='2.16']/@extension` with `/` as separator (C-CDA), `name[use='official'].family`
 * with `.` (FHIR). A leading `/` begins at the root, `//` finds at any depth. Of XML the last step may be a function:
 * `id()` is the text of the element whose ID the value before it names, `xhtml()` the narrative block as XHTML,
 * `place()` the element's place in the document. Undefined where the text is no path.
 */
export function parseTreePath(text: string, separator: '/' | '.'): TreePath | undefined {
  const reader = new PathReader(text, separator);
  const path = reader.path();
  return path !== undefined && reader.isAtEnd ? path : undefined;
}

class PathReader {
  readonly #text: string;
  readonly #separator: '/' | '.';
  #at = 0;

  constructor(text: string, separator: '/' | '.') {
    this.#text = text;
    this.#separator = separator;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  path(): TreePath | undefined {
    const absolute = this.#text.startsWith('/', this.#at);
    let deep = false;
    if (absolute) {
      deep = this.#text.startsWith('//', this.#at);
      this.#at += deep ? 2 : 1;
    } else if (this.#text[this.#at] === '.' && this.#text[this.#at + 1] !== '.') {
      // `.` is the node itself, `./x` and `.x` are x.
      this.#at += 1;
      if (this.isAtEnd || /[\]=!]/.test(this.#text[this.#at] ?? '')) return { absolute, steps: [] };
      if (this.#separator === '/') this.#takes('/');
    }
    const steps: TreeStep[] = [];
    for (;;) {
      const step = this.#step(deep);
      if (step === undefined || steps.length === STEPS_MAX) return undefined;
      steps.push(step);
      if (!this.#takes(this.#separator)) return { absolute, steps };
      deep = this.#separator === '/' && this.#takes('/');
    }
  }

  #step(deep: boolean): TreeStep | undefined {
    const pattern = this.#separator === '/' ? NAME : JSON_NAME;
    const name = pattern.exec(this.#text.slice(this.#at))?.[0];
    if (name === undefined) return undefined;
    this.#at += name.length;
    const predicates: Predicate[] = [];
    while (this.#takes('[')) {
      const predicate = this.#predicate();
      if (predicate === undefined || !this.#takes(']')) return undefined;
      predicates.push(predicate);
    }
    return { name, deep, predicates };
  }

  #predicate(): Predicate | undefined {
    const position = /^\d{1,4}(?=\])/.exec(this.#text.slice(this.#at))?.[0];
    if (position !== undefined) {
      this.#at += position.length;
      return position === '0' ? undefined : { position: Number(position) };
    }
    let negated = this.#takes('!');
    const path = this.path();
    if (path === undefined) return undefined;
    if (!negated && this.#takes('!=')) negated = true;
    else if (!this.#takes('=')) return { path, negated, values: undefined };
    const values: string[] = [];
    do {
      const value = /^'([^']*)'/.exec(this.#text.slice(this.#at));
      if (value === null) return undefined;
      this.#at += value[0].length;
      values.push(value[1] ?? '');
    } while (this.#takes('|'));
    return { path, negated, values };
  }

  #takes(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }
}

/** How a kind of tree is walked; `Node` is an element, an attribute's value or a JSON value. */
export interface Tree<Node> {
  children(node: Node, name: string): readonly Node[];
  /** Every node below, in document order. */
  below(node: Node): Iterable<Node>;
  isNamed(node: Node, name: string): boolean;
  around(node: Node): Node | undefined;
  root(node: Node): Node;
  /** True where an absolute path names the root first (XML); else it begins below the root (JSON). */
  readonly namesRoot: boolean;
  /** The text a node stands for; undefined where it has none. */
  text(node: Node): string | undefined;
}

export type Walk<Node> = (from: Node) => readonly Node[];

/** The nodes a path leads to, in document order. */
export function compileWalk<Node>(path: TreePath, tree: Tree<Node>): Walk<Node> {
  const namesRoot = path.absolute && tree.namesRoot;
  const steps = path.steps.map((step, at) => compileStep(step, tree, namesRoot && at === 0 ? 'root' : 'below'));
  return (from) => {
    let nodes: readonly Node[] = [path.absolute ? tree.root(from) : from];
    for (const step of steps) {
      if (nodes.length === 0) return nodes;
      nodes = nodes.length === 1 ? step(nodes[0] as Node) : nodes.flatMap((node) => [...step(node)]);
    }
    return nodes;
  };
}

function compileStep<Node>(step: TreeStep, tree: Tree<Node>, from: 'root' | 'below'): Walk<Node> {
  const { name, deep, predicates } = step;
  const tests = predicates.map((predicate) => compilePredicate(predicate, tree));
  const next: Walk<Node> = deep
    ? (node) => [...tree.below(node)].filter((each) => tree.isNamed(each, name))
    : name === '..'
      ? (node) => [tree.around(node)].filter((each) => each !== undefined)
      : from === 'root'
        ? (node) => (tree.isNamed(node, name) ? [node] : [])
        : (node) => tree.children(node, name);
  if (tests.length === 0) return next;
  return (node) => tests.reduce((nodes, test) => test(nodes), next(node));
}

type Sieve<Node> = (nodes: readonly Node[]) => readonly Node[];

function compilePredicate<Node>(predicate: Predicate, tree: Tree<Node>): Sieve<Node> {
  if ('position' in predicate) return (nodes) => nodes.slice(predicate.position - 1, predicate.position);
  const { negated, values } = predicate;
  const walk = compileWalk(predicate.path, tree);
  const accepted = values === undefined ? undefined : new Set(values);
  const holds = (node: Node) => {
    const found = walk(node);
    return accepted === undefined ? found.length > 0 : found.some((each) => accepted.has(tree.text(each) ?? ''));
  };
  return (nodes) => nodes.filter((node) => holds(node) !== negated);
}
