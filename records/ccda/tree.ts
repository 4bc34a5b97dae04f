/** An XML document as a tree of elements that know where they stand; namespaces resolved, no entity ever expanded. */
import { SaxesParser, type SaxesAttributeNS, type SaxesTagNS } from 'saxes';
import { decodeText } from '../charset.ts';
import { tooLarge } from '../findings.ts';
import type { Problem } from '../format.ts';
import { gather, type ItemChunks } from '../item-bytes.ts';
import { declaredCharset } from './declaration.ts';

export const DOCUMENT_BYTES_MAX = 64 * 1024 * 1024;
/** Deeper nesting is refused: the deepest clinical documents nest some thirty levels. */
export const ELEMENTS_DEPTH_MAX = 500;
export const ELEMENTS_MAX = 2_000_000;

/** One element. Offsets count UTF-16 code units of the decoded text; `text.slice(start, end)` is the whole element. */
export interface XmlElement {
  /** Its local name; `sdtc:` stands before the names of HL7's extensions, by namespace and not by prefix. */
  readonly name: string;
  /** '' where it is in none. */
  readonly namespace: string;
  /** By local name; those of a namespace as `xsi:type`, `sdtc:...`, `xml:lang`. Namespace declarations are left out. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Text and elements in document order; comments and processing instructions are left out. */
  readonly content: readonly (string | XmlElement)[];
  /** Its own character data, untrimmed, that of its children left out. */
  readonly text: string;
  readonly parent: XmlElement | undefined;
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

export type XmlRead = { readonly root: XmlElement } | { readonly problem: Problem };

/** `charsetKept` is false where the bytes are not in the character set of the XML declaration. */
export type DocumentRead =
  | { readonly root: XmlElement; readonly text: string; readonly charsetKept: boolean }
  | { readonly problem: Problem };

/** Reads XML 1.0 with namespaces; refuses a document type with an internal subset, and loads nothing from outside. */
export function parseXml(text: string): XmlRead {
  const builder = new TreeBuilder(text);
  try {
    return { root: builder.build() };
  } catch (error) {
    if (error instanceof Refused) return { problem: error.problem };
    return { problem: unreadable('NOT_WELL_FORMED', builder.position, wellFormedness(error)) };
  }
}

/** Reads an item of at most DOCUMENT_BYTES_MAX as one XML document, in the character set it declares or has. */
export async function readClinicalDocument(chunks: ItemChunks): Promise<DocumentRead> {
  const bytes = await gather(chunks, DOCUMENT_BYTES_MAX);
  if (bytes === undefined) return { problem: tooLarge('byte 0', 'the document', DOCUMENT_BYTES_MAX) };
  const { text, asDeclared } = decodeText(bytes, declaredCharset(bytes));
  const read = parseXml(text);
  return 'problem' in read ? read : { root: read.root, text, charsetKept: asDeclared };
}

/** For example `line 12 /ClinicalDocument/component[1]/structuredBody[1]`; counted among siblings of the same name. */
export function positionOfElement(element: XmlElement): string {
  let path = '';
  for (let at: XmlElement = element; ; at = at.parent) {
    if (at.parent === undefined) return `line ${element.line} /${at.name}${path}`;
    const { name, parent } = at;
    const alike = parent.children.filter((child) => child.name === name);
    path = `/${name}[${alike.indexOf(at) + 1}]${path}`;
  }
}

const SDTC_NAMESPACE = 'urn:hl7-org:sdtc';
/** Namespaces whose names are always written with the same prefix, whichever one the document chose. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  [SDTC_NAMESPACE, 'sdtc'],
  ['http://www.w3.org/2001/XMLSchema-instance', 'xsi'],
  ['http://www.w3.org/XML/1998/namespace', 'xml'],
]);
/** Prefixes that excerpts of documents use without declaring them. */
const UNDECLARED = { sdtc: SDTC_NAMESPACE, xsi: 'http://www.w3.org/2001/XMLSchema-instance' };

type Building = { -readonly [key in keyof XmlElement]: XmlElement[key] } & {
  children: XmlElement[];
  content: (string | XmlElement)[];
};

class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.code);
    this.problem = problem;
  }
}

class TreeBuilder {
  readonly #text: string;
  readonly #parser = new SaxesParser({ xmlns: true, position: true, additionalNamespaces: UNDECLARED });
  readonly #open: Building[] = [];
  #root: Building | undefined;
  #elements = 0;
  #start = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  get position(): string {
    return `line ${this.#parser.line} column ${this.#parser.column + 1}`;
  }

  build(): XmlElement {
    const parser = this.#parser;
    parser.on('doctype', (declaration) => this.#documentType(declaration));
    parser.on('opentagstart', () => this.#begin());
    parser.on('opentag', (tag) => this.#enter(tag));
    parser.on('closetag', () => this.#leave());
    parser.on('text', (text) => this.#addText(text));
    parser.on('cdata', (text) => this.#addText(text));
    parser.write(this.#text).close();
    if (this.#root === undefined) throw new Error('document must contain a root element');
    return this.#root;
  }

  #documentType(declaration: string): void {
    if (!declaration.includes('[')) return;
    const why = 'a document type that declares entities or elements of its own is not read';
    throw new Refused(unreadable('DOCTYPE_REFUSED', `line ${this.#parser.line}`, why));
  }

  /** The name of the tag has been read, and one character after it. */
  #begin(): void {
    const { position, line } = this.#parser;
    const last = this.#text[position - 1];
    this.#start = this.#text.lastIndexOf('<', position - 1);
    this.#line = last === '\n' || last === '\r' ? line - 1 : line;
  }

  #enter(tag: SaxesTagNS): void {
    if (++this.#elements > ELEMENTS_MAX) this.#refuse('TOO_MANY_ELEMENTS', `more than ${ELEMENTS_MAX} elements`);
    if (this.#open.length >= ELEMENTS_DEPTH_MAX) this.#refuse('TOO_DEEP', `more than ${ELEMENTS_DEPTH_MAX} levels`);
    const parent = this.#open.at(-1);
    const element: Building = {
      name: tag.uri === SDTC_NAMESPACE ? `sdtc:${tag.local}` : tag.local,
      namespace: tag.uri,
      attributes: attributesOf(tag.attributes),
      children: [],
      content: [],
      text: '',
      parent,
      line: this.#line,
      start: this.#start,
      end: this.#start,
    };
    parent?.children.push(element);
    parent?.content.push(element);
    this.#root ??= element;
    this.#open.push(element);
  }

  #leave(): void {
    const element = this.#open.pop();
    if (element !== undefined) element.end = this.#parser.position;
  }

  #addText(text: string): void {
    const element = this.#open.at(-1);
    if (element === undefined || text === '') return;
    const { content } = element;
    const last = content.at(-1);
    if (typeof last === 'string') content[content.length - 1] = last + text;
    else content.push(text);
    element.text += text;
  }

  #refuse(code: string, why: string): never {
    throw new Refused(unreadable(code, `line ${this.#line}`, `the document has ${why}`));
  }
}

function attributesOf(found: Readonly<Record<string, SaxesAttributeNS>>): Readonly<Record<string, string>> {
  const attributes: Record<string, string> = {};
  for (const { name, prefix, local, uri, value } of Object.values(found)) {
    if (prefix === 'xmlns' || name === 'xmlns') continue;
    const canonical = PREFIXES.get(uri);
    attributes[canonical === undefined ? name : `${canonical}:${local}`] = value;
  }
  return attributes;
}

/** What the parser says, where it says it without quoting the document. */
function wellFormedness(error: unknown): string {
  const said = error instanceof Error ? error.message.replace(/^[\d:]+ */, '').replace(/\.$/, '') : '';
  return /^[A-Za-z ,-]+$/.test(said) ? `the XML is not well-formed: ${said}` : 'the XML is not well-formed';
}

function unreadable(code: string, position: string, message: string): Problem {
  return { category: 'unreadable', code, position, message };
}
