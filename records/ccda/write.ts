/** Changes one attribute or the text of one element of a document, and no other byte. */
import { encodeText } from '../charset.ts';
import type { Problem } from '../format.ts';
import type { XmlDocument } from './codec.ts';
import { parseXml, positionOfElement, type XmlElement } from './tree.ts';

/** The document with one attribute, named as in the tree, set to `value`; ATTRIBUTE_MISSING where there is none. */
export function replaceAttribute(
  document: XmlDocument,
  element: XmlElement,
  name: string,
  value: string,
): XmlDocument | Problem {
  const { attributes } = startTag(document.text, element);
  const found = attributes.filter((attribute) => isNamed(attribute.name, name));
  const [only] = found;
  if (only === undefined || found.length > 1 || element.attributes[name] === undefined) {
    return unwritable('ATTRIBUTE_MISSING', element, 'the element has no such attribute');
  }
  const quote = document.text[only.start] ?? '"';
  const written = references(value, document.charset, quote === '"' ? /[&<"\t\n\r]/g : /[&<'\t\n\r]/g);
  return spliced(document, element, only.start, only.end, quote + written + quote);
}

/** The document with the text of an element that has no children set to `value`; HAS_CHILDREN where it has some. */
export function replaceText(document: XmlDocument, element: XmlElement, value: string): XmlDocument | Problem {
  if (element.children.length > 0) return unwritable('HAS_CHILDREN', element, 'the element holds other elements');
  const { name, end } = startTag(document.text, element);
  const written = references(value, document.charset, /[&<>\r]/g);
  if (document.text[end - 2] === '/') return spliced(document, element, end - 2, end, `>${written}</${name}>`);
  const close = document.text.lastIndexOf('</', element.end - 1);
  return spliced(document, element, end, close, written);
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface StartTag {
  /** As it is written, prefix included. */
  readonly name: string;
  /** One past its closing bracket. */
  readonly end: number;
  /** Values with their quotation marks. */
  readonly attributes: readonly (Span & { readonly name: string })[];
}

const NAME = /[^\s=/>]+/y;
const ATTRIBUTE = /\s+([^\s=/>]+)\s*=\s*/y;

function startTag(text: string, { start }: XmlElement): StartTag {
  NAME.lastIndex = start + 1;
  const name = NAME.exec(text)?.[0] ?? '';
  const attributes: (Span & { name: string })[] = [];
  let at = start + 1 + name.length;
  for (;;) {
    ATTRIBUTE.lastIndex = at;
    const match = ATTRIBUTE.exec(text);
    if (match === null) return { name, end: text.indexOf('>', at) + 1, attributes };
    const from = ATTRIBUTE.lastIndex;
    at = text.indexOf(text[from] ?? '"', from + 1) + 1;
    attributes.push({ name: match[1] ?? '', start: from, end: at });
  }
}

/** Whether a written name is the one meant; prefixes are the document's own choice. */
function isNamed(written: string, name: string): boolean {
  if (written === name) return true;
  const [prefix, local] = name.split(':');
  return local !== undefined && prefix !== 'xmlns' && !written.startsWith('xmlns') && written.split(':')[1] === local;
}

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text with references for what may not stand there, and for what the charset has no bytes for. */
function references(value: string, charset: string, special: RegExp): string {
  const escaped = value.replace(special, (character) => NAMED[character] ?? numbered(character));
  if (encodeText(escaped, charset) !== undefined) return escaped;
  return Array.from(escaped, (character) =>
    encodeText(character, charset) === undefined ? numbered(character) : character,
  ).join('');
}

function numbered(character: string): string {
  return `&#${character.codePointAt(0)};`;
}

function spliced(
  document: XmlDocument,
  element: XmlElement,
  start: number,
  end: number,
  written: string,
): XmlDocument | Problem {
  const text = document.text.slice(0, start) + written + document.text.slice(end);
  const parsed = parseXml(text);
  if ('root' in parsed) return { ...document, text, root: parsed.root };
  return unwritable('CHARACTER_NOT_WRITABLE', element, 'the value holds a character that XML does not allow');
}

function unwritable(code: string, element: XmlElement, message: string): Problem {
  return { category: 'schema-invalid', code, position: positionOfElement(element), message };
}
