/** Every populated value of a message, row, document or resource, with the path a reviewer knows it by. */
import type { XmlElement } from '../ccda/tree.ts';
import { HL7_NULL, type Hl7Message } from '../hl7v2/message.ts';
import { isArray, isObject } from '../leaves.ts';
import { ownerOf } from './groups-hl7v2.ts';
import { columnName, type RowScope } from './source-rows.ts';
import { JSON_TREE, type JsonNode } from './tree-json.ts';
import { attributeName, textName } from './tree-xml.ts';

export interface Leaf {
  /** Without positions: `PID-5.1`, a column, `section/entry/act/code/@code`, `Patient.name.family`. */
  readonly path: string;
  /** The same with the segment it belongs to before it, where several kinds may own it: `RXO/RXR-1.1`. */
  readonly owned?: string | undefined;
  /** The name a source gives this value, and the names of what it is inside, innermost first; see Source.instances. */
  readonly names: readonly string[];
}

/** MSH-1 and MSH-2 say how the message is written; every reader has understood them. */
const DELIMITER_FIELDS = 2;

export function* leavesOfMessage(message: Hl7Message, at: string): Generator<Leaf> {
  const { repetition: repetitionMark, component: componentMark, subcomponent: subcomponentMark } = message.delimiters;
  for (const [segment, id] of message.ids.entries()) {
    const fields = message.fieldCount(segment);
    const owner = ownerOf(message.ids, segment);
    for (let field = id === 'MSH' ? DELIMITER_FIELDS + 1 : 1; field <= fields; field++) {
      const raw = message.rawField(segment, field);
      if (raw === '' || raw === HL7_NULL) continue;
      for (const [repetition, repeated] of raw.split(repetitionMark).entries()) {
        const place = `${at} ${segment}-${field}[${repetition + 1}]`;
        for (const [component, text] of repeated.split(componentMark).entries()) {
          const path = `${id}-${field}.${component + 1}`;
          const parts = text.split(subcomponentMark);
          for (const [subcomponent, part] of parts.entries()) {
            if (part.trim() === '' || part === HL7_NULL) continue;
            const name = `${place}.${component + 1}`;
            const names = [`${name}.${subcomponent + 1}`, name, place];
            const whole = parts.length > 1 ? `${path}.${subcomponent + 1}` : path;
            yield { path: whole, owned: owner && `${owner}/${whole}`, names };
          }
        }
      }
    }
  }
}

export function* leavesOfRow({ row, columns }: RowScope): Generator<Leaf> {
  for (const [name, index] of columns) {
    if ((row.cells[index] ?? '').trim() === '') continue;
    yield { path: name, names: [`${row.line} ${columnName(name)}`] };
  }
}

export function* leavesOfDocument(element: XmlElement, above = ''): Generator<Leaf> {
  const path = above === '' ? element.name : `${above}/${nameOf(element)}`;
  for (const [name, value] of Object.entries(element.attributes)) {
    if (value.trim() !== '') yield { path: `${path}/@${name}`, names: [attributeName(element, name)] };
  }
  if (element.text.trim() !== '') yield { path, names: [textName(element)] };
  for (const child of element.children) yield* leavesOfDocument(child, path);
}

/** A section is known by its code: what is lost of the goals is another matter than what is lost of the allergies. */
function nameOf({ name, children }: XmlElement): string {
  const code = name === 'section' ? children.find((child) => child.name === 'code')?.attributes['code'] : undefined;
  return code === undefined || !/^[\w-]+$/.test(code) ? name : `${name}[${code}]`;
}

export function* leavesOfResource(node: JsonNode, path = node.name): Generator<Leaf> {
  for (const child of JSON_TREE.children(node, '*')) {
    const at = `${path}.${child.name}`;
    if (isObject(child.value)) yield* leavesOfResource(child, at);
    else if (!isArray(child.value) && child.value !== '' && at !== `${node.name}.resourceType`) {
      yield { path: at, names: [child.pointer] };
    }
  }
}
