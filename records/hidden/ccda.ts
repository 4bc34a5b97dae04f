/** What a C-CDA document hides: embedded and referenced documents, media, versions and addenda (CDA R2, C-CDA R2.1). */
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { decodeText } from '../charset.ts';
import { asBuffer } from '../item-bytes.ts';
import type { HiddenCount } from './hidden.ts';
import { isRelativePath } from './paths.ts';

const DEPTH_MAX_ELEMENTS = 1000;
const CHARSET_SAMPLE_BYTES = 4096;
/** One image of a DICOM study (C-CDA R2.1, SOP Instance Observation). */
const SOP_INSTANCE = '2.16.840.1.113883.10.20.6.2.8';

/** An element that holds a document or points at one: ED of CDA (HL7 v3 data types). */
interface Embedded {
  readonly depth: number;
  readonly line: number;
  hasData: boolean;
  hasPointer: boolean;
}

export async function seeCcda(chunks: AsyncIterable<Uint8Array>, seen: HiddenCount): Promise<void> {
  const watch = new CcdaWatch(seen);
  let decoder: TextDecoder | undefined;
  for await (const chunk of chunks) {
    const bytes = asBuffer(chunk);
    decoder ??= new TextDecoder(charsetOf(bytes.subarray(0, CHARSET_SAMPLE_BYTES)));
    if (!watch.write(decoder.decode(bytes, { stream: true }))) return;
  }
  watch.end();
}

function charsetOf(head: Buffer): string {
  const declared = /^[^>]{0,200}encoding=["']([\w-]{1,40})["']/.exec(head.toString('latin1'))?.[1]?.toLowerCase();
  // A cut character at the end of the sample must not make UTF-8 look like something else.
  if (declared === undefined || declared === 'utf-8')
    return head[0] === 0xff || head[0] === 0xfe ? 'utf-16le' : 'utf-8';
  return decodeText(head, declared).charset;
}

class CcdaWatch {
  readonly #seen: HiddenCount;
  readonly #parser = new SaxesParser();
  readonly #open: string[] = [];
  #embedded: Embedded | undefined;
  #isBroken = false;
  #isRelated = false;
  #version = 0;

  constructor(seen: HiddenCount) {
    this.#seen = seen;
    this.#parser.on('opentag', (tag) => this.#enter(tag));
    this.#parser.on('closetag', () => this.#leave());
    this.#parser.on('text', (text) => {
      if (this.#embedded !== undefined && /\S/.test(text)) this.#embedded.hasData = true;
    });
    this.#parser.on('error', () => this.#break('NOT_WELL_FORMED'));
  }

  /** False when nothing more can be read. */
  write(text: string): boolean {
    if (!this.#isBroken) this.#parser.write(text);
    return !this.#isBroken;
  }

  end(): void {
    if (!this.#isBroken) this.#parser.close();
    if (this.#version > 1 && !this.#isRelated) this.#seen.count('note-version');
  }

  #enter(tag: SaxesTagPlain): void {
    if (this.#isBroken) return;
    const name = tag.name.replace(/^.*:/, '');
    const { attributes } = tag;
    const parent = this.#open.at(-1);
    this.#open.push(name);
    if (this.#open.length > DEPTH_MAX_ELEMENTS) return this.#break('NESTED_TOO_DEEPLY');
    const isBody = name === 'text' && parent === 'nonXMLBody';
    const isMedia = name === 'value' && parent === 'observationMedia';
    if (isBody || isMedia || attributes['representation'] === 'B64') {
      const { line } = this.#parser;
      this.#embedded ??= { depth: this.#open.length, line, hasData: false, hasPointer: false };
    }
    if (this.#embedded !== undefined && name === 'reference') this.#point(attributes['value'] ?? '');
    if (name === 'templateId' && attributes['root'] === SOP_INSTANCE) this.#seen.count('imaging-reference');
    this.#enterHeader(name, parent, attributes);
  }

  /** The document's own id, its version, and the documents it replaces or adds to (CDA R2 4.2.3.1). */
  #enterHeader(name: string, parent: string | undefined, attributes: SaxesTagPlain['attributes']): void {
    const key = `${attributes['root'] ?? ''}^${attributes['extension'] ?? ''}`;
    const depth = this.#open.length;
    if (name === 'relatedDocument' && depth === 2) {
      this.#isRelated = true;
      this.#seen.count(attributes['typeCode'] === 'APND' ? 'addendum' : 'note-version');
    }
    if (name === 'versionNumber' && depth === 2) this.#version = Number(attributes['value'] ?? 0);
    if (name !== 'id' || key === '^') return;
    if (parent === 'ClinicalDocument' && depth === 2) this.#seen.link('note', 'holds', key);
    if (parent === 'parentDocument' && depth === 4) this.#seen.link('note', 'needs', key);
  }

  #point(pointer: string): void {
    if (this.#embedded === undefined || pointer === '') return;
    this.#embedded.hasPointer = true;
    if (isRelativePath(pointer)) this.#seen.path(pointer);
  }

  #leave(): void {
    const embedded = this.#embedded;
    if (embedded !== undefined && embedded.depth === this.#open.length) {
      this.#embedded = undefined;
      if (embedded.hasPointer) this.#seen.count('attachment-pointer');
      else if (embedded.hasData) this.#seen.count('attachment');
      else {
        this.#seen.count('attachment-without-data');
        this.#seen.note('ATTACHMENT_WITHOUT_DATA', `line ${embedded.line}`);
      }
    }
    this.#open.pop();
  }

  #break(code: string): void {
    if (this.#isBroken) return;
    this.#isBroken = true;
    this.#seen.note(code, `line ${this.#parser.line}`);
  }
}
