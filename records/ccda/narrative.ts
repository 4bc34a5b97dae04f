/** Narrative blocks of CDA R2 (StrucDoc.Text): what references in entries point to, and the block as FHIR's XHTML. */
import type { XmlElement } from './tree.ts';

const byId = new WeakMap<XmlElement, ReadonlyMap<string, XmlElement>>();

/** The element of the same document whose ID it is; the first of several. */
export function elementWithId(anywhere: XmlElement, id: string): XmlElement | undefined {
  let root = anywhere;
  while (root.parent !== undefined) root = root.parent;
  let known = byId.get(root);
  if (known === undefined) {
    known = indexOf(root);
    byId.set(root, known);
  }
  return known.get(id);
}

function indexOf(root: XmlElement): ReadonlyMap<string, XmlElement> {
  const index = new Map<string, XmlElement>();
  const waiting = [root];
  for (let element = waiting.pop(); element !== undefined; element = waiting.pop()) {
    const id = element.attributes['ID'];
    if (id !== undefined && !index.has(id)) index.set(id, element);
    for (let at = element.children.length - 1; at >= 0; at--) waiting.push(element.children[at] as XmlElement);
  }
  return index;
}

/** Elements that begin a line, a cell or a list entry: their text does not run into what stands before it. */
const APART = new Set(['br', 'caption', 'item', 'list', 'paragraph', 'table', 'td', 'th', 'tr']);

/** The text of a narrative element and everything in it, on one line: white space of the XML means nothing. */
export function narrativeText(element: XmlElement): string {
  return spoken(element).replaceAll(/\s+/g, ' ').trim();
}

function spoken(element: XmlElement): string {
  const text = element.content.map((each) => (typeof each === 'string' ? each : spoken(each))).join('');
  return APART.has(element.name) ? ` ${text} ` : text;
}

/** What is written in XHTML for an element of StrucDoc.Text; others are written as a span. */
const XHTML: Readonly<Record<string, string>> = {
  text: 'div',
  paragraph: 'p',
  content: 'span',
  linkHtml: 'a',
  list: 'ul',
  item: 'li',
  table: 'table',
  thead: 'thead',
  tbody: 'tbody',
  tfoot: 'tfoot',
  tr: 'tr',
  th: 'th',
  td: 'td',
  caption: 'caption',
  col: 'col',
  colgroup: 'colgroup',
  br: 'br',
  sub: 'sub',
  sup: 'sup',
};
const EMPTY = new Set(['br', 'col']);
/** Attributes that XHTML has too; the rest says how it was to be laid out, and goes into the class. */
const KEPT = new Set(['abbr', 'align', 'border', 'char', 'colspan', 'headers', 'href', 'rowspan', 'scope', 'span']);
const RENAMED: Readonly<Record<string, string>> = { ID: 'id', 'xml:lang': 'lang', title: 'title' };

/** The block as a `div` of XHTML, as FHIR R4 allows it in Narrative.div: no scripts, no forms, no outside content. */
export function narrativeXhtml(element: XmlElement): string {
  return `<div xmlns="http://www.w3.org/1999/xhtml">${inside(element)}</div>`;
}

function inside(element: XmlElement): string {
  return element.content.map((each) => (typeof each === 'string' ? escaped(each) : written(each))).join('');
}

function written(element: XmlElement): string {
  const name = nameOf(element);
  const tag = `<${name}${attributesOf(element)}`;
  return EMPTY.has(name) ? `${tag}/>` : `${tag}>${inside(element)}</${name}>`;
}

/** A caption of a table is one; of a list or paragraph it is bold text. */
function nameOf({ name, parent, attributes }: XmlElement): string {
  if (name === 'caption' && parent?.name !== 'table') return 'b';
  if (name === 'list' && attributes['listType'] === 'ordered') return 'ol';
  return XHTML[name] ?? 'span';
}

function attributesOf(element: XmlElement): string {
  const classes: string[] = [];
  let written = '';
  for (const [name, value] of Object.entries(element.attributes)) {
    if (name === 'listType') continue;
    const renamed = RENAMED[name] ?? (KEPT.has(name) ? name : undefined);
    if (renamed === 'href' && !/^(?:https?:|mailto:|tel:|#)/i.test(value)) continue;
    if (renamed !== undefined) written += ` ${renamed}="${escaped(value)}"`;
    else classes.push(name === 'styleCode' ? value : `${name}-${value.replaceAll(/\s+/g, '-')}`);
  }
  return classes.length === 0 ? written : `${written} class="${escaped(classes.join(' '))}"`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
