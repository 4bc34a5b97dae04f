/** Trees as a source of values: C-CDA's elements and FHIR's JSON, looked at through one path language. */
import { brokenPromise } from '../../kernel/fault.ts';
import type { Source } from './source.ts';
import { compileWalk, parseTreePath, type Tree, type TreePath } from './tree-path.ts';

export interface TreeScope<Node> {
  readonly node: Node;
  /** Which of the nodes its path led to, from 1. */
  readonly ordinal: number;
}

export interface TreeForm<Node> {
  readonly tree: Tree<Node>;
  readonly separator: '/' | '.';
  /** Where a node stands in its item: an XPath or a JSON pointer. */
  position(node: Node): string;
  /** Names of the leaves a node's text is made of. */
  leavesOf(node: Node): readonly string[];
}

/** `node.n` is which of its kind the scope's node is; `path` of a check must be done before. */
export function treeSource<Node>(form: TreeForm<Node>): Source<TreeScope<Node>> {
  const { tree, separator } = form;
  const walkOf = (text: string) => compileWalk(pathOf(text, separator), tree);
  return {
    value({ path, repeats }) {
      const walk = walkOf(path);
      return ({ node }, trouble) => {
        const found = walk(node);
        if (found.length === 0) return undefined;
        const first = found[0] as Node;
        if (found.length === 1 || repeats === 'first') return tree.text(first);
        const texts = found.map((each) => tree.text(each)).filter((each) => each !== undefined);
        if (texts.length < 2) return texts[0];
        if (repeats !== undefined) return texts.join(repeats);
        trouble('schema-invalid', 'REPETITION_UNMAPPED', 'the element repeats, and the lineage maps one value', path);
        return undefined;
      };
    },
    instances({ path, repeats }) {
      const walk = walkOf(path);
      return ({ node }) => {
        const found = walk(node);
        return (repeats === 'first' ? found.slice(0, 1) : found).flatMap((each) => form.leavesOf(each));
      };
    },
    ordinal: () => (scope) => String(scope.ordinal),
    each(forEach) {
      const walk = walkOf(forEach);
      return (scope) => walk(scope.node).map((node, index) => ({ node, ordinal: index + 1 }));
    },
    position: ({ node }, path) => (path === undefined ? form.position(node) : `${form.position(node)} ${path}`),
  };
}

function pathOf(text: string, separator: '/' | '.'): TreePath {
  const path = parseTreePath(text, separator);
  if (path === undefined) throw brokenPromise(`${text} passed the check of the lineage and is no path`);
  return path;
}
