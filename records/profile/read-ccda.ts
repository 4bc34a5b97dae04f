/** C-CDA documents into a profile: a field for each attribute and text; sections go by their LOINC code. */
import type { XmlElement } from '../ccda/tree.ts';
import { readClinicalDocument } from '../ccda/tree.ts';
import type { ItemChunks } from '../item-bytes.ts';
import { PATH_DEPTH_MAX } from './limits.ts';
import type { FieldHandle, RecordSink } from './sink.ts';

const KIND = 'document';

/** A document is one record. */
export async function profileCcda(_path: string, chunks: ItemChunks, sink: RecordSink): Promise<void> {
  sink.place.record = 1;
  const read = await readClinicalDocument(chunks);
  if ('problem' in read) return sink.problem(read.problem.code);
  if (!read.charsetKept) sink.problem('CHARSET_DAMAGED');
  sink.begin(KIND, 1);
  new DocumentReader(sink).take(read.root);
  await sink.end();
}

class DocumentReader {
  readonly #sink: RecordSink;
  readonly #handles = new Map<string, FieldHandle>();

  constructor(sink: RecordSink) {
    this.#sink = sink;
  }

  take(root: XmlElement): void {
    this.#element(root, '', 0);
    const id = root.children.find(({ name }) => name === 'id');
    const { root: authority = '', extension = '' } = id?.attributes ?? {};
    if (authority === '') return;
    const handle = this.#handle('id/@root');
    this.#sink.identify(this.#sink.identity('key', 'document', handle), `${authority} ${extension}`);
  }

  /** `path` is of the element itself and ends in `/`, or is empty for the root. */
  #element(element: XmlElement, path: string, depth: number): void {
    for (const [name, value] of Object.entries(element.attributes)) {
      if (value !== '') this.#value(`${path}@${plainName(name)}`, value);
    }
    const isNarrative = element.name === 'text' && element.parent?.name === 'section';
    const text = (isNarrative ? wholeText(element) : element.text).trim();
    if (text !== '') this.#value(path.slice(0, -1), text);
    if (isNarrative) return;
    for (const child of element.children) {
      const at = child.name === 'section' ? sectionPath(child) : path + plainName(child.name);
      // Deeper elements count as one field with the last one that has a path of its own.
      if (depth < PATH_DEPTH_MAX) this.#element(child, `${at}/`, child.name === 'section' ? 1 : depth + 1);
      else this.#element(child, path, depth);
    }
  }

  #value(path: string, text: string): void {
    this.#sink.value(this.#handle(path), text);
  }

  #handle(path: string): FieldHandle {
    let handle = this.#handles.get(path);
    if (handle === undefined) this.#handles.set(path, (handle = this.#sink.handle(KIND, path)));
    return handle;
  }
}

/** Sections with one LOINC code are one, whatever templates they name and wherever they stand. */
function sectionPath(section: XmlElement): string {
  const code = section.children.find(({ name }) => name === 'code')?.attributes['code'] ?? '';
  return `section[${/^\d{1,7}-\d$/.test(code) ? code : 'unnamed'}]`;
}

/** XML lets a document invent names; what is none of a schema's may be anything, and names are shown. */
function plainName(name: string): string {
  return /^(?:[a-z]{3,4}:)?[A-Za-z][A-Za-z0-9]{0,40}$/.test(name) ? name : 'unnamed';
}

function wholeText(element: XmlElement): string {
  return element.content.map((part) => (typeof part === 'string' ? part : wholeText(part))).join(' ');
}
