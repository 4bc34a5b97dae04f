/** C-CDA elements as a tree; attributes are leaves of their element, and so is what a function makes of it. */
import { elementWithId, narrativeText, narrativeXhtml } from '../ccda/narrative.ts';
import { positionOfElement, type XmlElement } from '../ccda/tree.ts';
import type { Tree } from './tree-path.ts';

export interface XmlAttribute {
  readonly attribute: string;
  readonly name: string;
  readonly owner: XmlElement;
  /** Names of the leaves it was made of, where it is no attribute as written. */
  readonly madeOf?: readonly string[];
}
export type XmlNode = XmlElement | XmlAttribute;

export function positionOfNode(node: XmlNode): string {
  return 'attribute' in node ? `${positionOfElement(node.owner)}/@${node.name}` : positionOfElement(node);
}

/** Names of the leaves a node's text is made of: the attribute, or the texts of the element and everything in it. */
export function leavesOfNode(node: XmlNode): readonly string[] {
  if ('attribute' in node) return node.madeOf ?? [attributeName(node.owner, node.name)];
  return [textName(node), ...node.children.flatMap(leavesOfNode)];
}

export function attributeName(owner: XmlElement, name: string): string {
  return `${owner.start}@${name}`;
}

export function textName(element: XmlElement): string {
  return String(element.start);
}

type StepFunction = (node: XmlNode) => XmlAttribute | undefined;

const FUNCTIONS: Readonly<Record<string, StepFunction>> = {
  'id()': referredText,
  'place()': (node) => ('attribute' in node ? undefined : made(node, 'place()', placeOf(node), [])),
  'xhtml()': (node) =>
    'attribute' in node ? undefined : made(node, 'xhtml()', narrativeXhtml(node), everyLeafOf(node)),
};

/** The narrative text a reference names; the reference itself has then been followed, and is taken. */
function referredText(node: XmlNode): XmlAttribute | undefined {
  if (!('attribute' in node)) return undefined;
  const found = elementWithId(node.owner, node.attribute.replace(/^#/, ''));
  if (found === undefined) return undefined;
  return made(node.owner, node.name, narrativeText(found), [...leavesOfNode(node), ...leavesOfNode(found)]);
}

function made(owner: XmlElement, name: string, attribute: string, madeOf: readonly string[]): XmlAttribute {
  return { attribute, name, owner, madeOf };
}

/** Which child of which, from the root down and from 1: `15.1.4`. */
function placeOf(element: XmlElement): string {
  const steps: number[] = [];
  for (let at = element; at.parent !== undefined; at = at.parent) steps.unshift(at.parent.children.indexOf(at) + 1);
  return steps.join('.');
}

function everyLeafOf(element: XmlElement): readonly string[] {
  const attributes = Object.keys(element.attributes).map((name) => attributeName(element, name));
  return [textName(element), ...attributes, ...element.children.flatMap(everyLeafOf)];
}

function children(node: XmlNode, name: string): readonly XmlNode[] {
  const step = FUNCTIONS[name];
  if (step !== undefined) return [step(node)].filter((each) => each !== undefined);
  if ('attribute' in node) return [];
  if (name === '*') return node.children;
  if (!name.startsWith('@')) return node.children.filter((child) => child.name === name);
  const attribute = node.attributes[name.slice(1)];
  return attribute === undefined ? [] : [{ attribute, name: name.slice(1), owner: node }];
}

/** Text of the element and everything in it, in document order. */
function textContent(element: XmlElement): string {
  if (element.children.length === 0) return element.text;
  return element.content.map((each) => (typeof each === 'string' ? each : textContent(each))).join('');
}

export const XML_TREE: Tree<XmlNode> = {
  namesRoot: true,
  children,
  *below(node) {
    if ('attribute' in node) return;
    for (const child of node.children) {
      yield child;
      yield* this.below(child);
    }
  },
  isNamed: (node, name) => name === '*' || node.name === name,
  around: (node) => ('attribute' in node ? node.owner : node.parent),
  root(node) {
    let root = 'attribute' in node ? node.owner : node;
    while (root.parent !== undefined) root = root.parent;
    return root;
  },
  text: (node) => ('attribute' in node ? node.attribute : textContent(node)),
};
