/** Walks the data elements of a DICOM data set without holding their values (PS3.5 section 7). */
import type { Problem } from '../format.ts';
import type { FileWindows } from './windows.ts';

/** Sequences nest; what nests deeper is no image and no report. */
export const DICOM_DEPTH_MAX = 64;
/** Elements of one file, those inside sequences included. */
export const DICOM_ELEMENTS_MAX = 1_000_000;

export interface Encoding {
  readonly isExplicit: boolean;
  readonly isLittle: boolean;
}

export interface ElementHead {
  /** Group and element as one number of 32 bits. */
  readonly tag: number;
  readonly at: number;
  readonly valueAt: number;
  /** Undefined where a delimiter ends it. */
  readonly lengthBytes: number | undefined;
  /** 0 outside every sequence. */
  readonly depth: number;
}

/** `unseen`: it leads into a part of a large file that is not held, about which nothing is claimed. */
export type DicomEnd =
  | { readonly kind: 'end'; readonly at: number }
  | { readonly kind: 'unseen' }
  | { readonly kind: 'problem'; readonly problem: Problem };

const UNDEFINED_LENGTH = 0xffffffff;
const ITEM = 0xfffee000;
const ITEM_END = 0xfffee00d;
const SEQUENCE_END = 0xfffee0dd;
const DELIMITERS_GROUP = 0xfffe;
const PIXEL_DATA = 0x7fe00010;

/** Value representations with two reserved bytes and a length of 32 bits (PS3.5 table 7.1-1). */
const LONG = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);
const SHORT = new Set('AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));

interface Level {
  readonly kind: 'items' | 'elements' | 'fragments';
  /** Where it ends, or undefined where a delimiter ends it. */
  readonly end: number | undefined;
  /** Whether its elements have a VR: a sequence of VR UN has none (PS3.5 section 6.2.2). */
  readonly isExplicit: boolean;
}

class Stopped extends Error {
  readonly end: DicomEnd;

  constructor(end: DicomEnd) {
    super(end.kind);
    this.end = end;
  }
}

export class DicomWalk {
  readonly #file: FileWindows;
  readonly #encoding: Encoding;
  #levels: Level[] = [];
  #elements = 0;
  #lastTag = -1;

  constructor(file: FileWindows, encoding: Encoding) {
    this.#file = file;
    this.#encoding = encoding;
  }

  /** From `from` to the end of the file, or of the group given. */
  run(from: number, see: (head: ElementHead) => void, until: { readonly group?: number }): DicomEnd {
    this.#levels = [];
    try {
      let at = from;
      for (;;) {
        at = this.#close(at);
        if (at === this.#file.sizeBytes && this.#levels.length === 0) return { kind: 'end', at };
        if (until.group !== undefined && this.#levels.length === 0 && this.#u16(at) !== until.group)
          return { kind: 'end', at };
        at = this.#step(at, see);
      }
    } catch (error) {
      if (error instanceof Stopped) return error.end;
      throw error;
    }
  }

  /** Leaves every level that ends here. */
  #close(at: number): number {
    for (let level = this.#levels.at(-1); level?.end !== undefined && at >= level.end; level = this.#levels.at(-1)) {
      if (at > level.end) this.#stop('DICOM_LENGTH_INVALID', at, 'an element is longer than the item it is in');
      this.#levels.pop();
    }
    return at;
  }

  #step(at: number, see: (head: ElementHead) => void): number {
    if (++this.#elements > DICOM_ELEMENTS_MAX) {
      this.#stop('DICOM_TOO_MANY_ELEMENTS', at, `more than ${DICOM_ELEMENTS_MAX} elements`);
    }
    const tag = this.#u16(at) * 0x10000 + this.#u16(at + 2);
    if (this.#levels.at(-1)?.kind === 'items' || this.#levels.at(-1)?.kind === 'fragments') return this.#item(at, tag);
    if (tag === ITEM_END) return this.#delimited(at, 'elements');
    if (tag >>> 16 === DELIMITERS_GROUP) this.#stop('DICOM_ELEMENT_INVALID', at, 'a delimiter outside a sequence');
    const { vr, lengthBytes, valueAt } = this.#head(at);
    if (this.#levels.length === 0) {
      if (tag <= this.#lastTag) this.#stop('DICOM_ELEMENT_INVALID', at, 'the elements are not in ascending order');
      this.#lastTag = tag;
    }
    const isOpen = lengthBytes === UNDEFINED_LENGTH;
    see({ tag, at, valueAt, lengthBytes: isOpen ? undefined : lengthBytes, depth: this.#levels.length });
    if (vr === 'SQ' || isOpen) {
      const isPixels = tag === PIXEL_DATA;
      // A sequence that claims a length beyond the file must not be searched item by item first.
      const end = isOpen ? undefined : this.#inside(at, valueAt + lengthBytes);
      const isExplicit = this.#isExplicit && vr !== 'UN';
      this.#open(at, { kind: isPixels ? 'fragments' : 'items', end, isExplicit });
      return valueAt;
    }
    return this.#inside(at, valueAt + lengthBytes);
  }

  #item(at: number, tag: number): number {
    const level = this.#levels.at(-1);
    if (tag === SEQUENCE_END) return this.#delimited(at, level?.kind ?? 'items');
    if (tag !== ITEM) this.#stop('DICOM_ELEMENT_INVALID', at, 'a sequence holds something that is no item');
    const lengthBytes = this.#u32(at + 4);
    const from = at + 8;
    if (level?.kind === 'fragments') return this.#inside(at, from + lengthBytes);
    const end = lengthBytes === UNDEFINED_LENGTH ? undefined : this.#inside(at, from + lengthBytes);
    this.#open(at, { kind: 'elements', end, isExplicit: level?.isExplicit ?? this.#isExplicit });
    return from;
  }

  #delimited(at: number, kind: Level['kind']): number {
    const level = this.#levels.pop();
    if (level?.kind !== kind) this.#stop('DICOM_ELEMENT_INVALID', at, 'a delimiter ends what was not begun');
    return this.#inside(at, at + 8);
  }

  #head(at: number): { readonly vr: string; readonly lengthBytes: number; readonly valueAt: number } {
    if (!this.#isExplicit) return { vr: '', lengthBytes: this.#u32(at + 4), valueAt: at + 8 };
    const vr = this.#bytes(at + 4, 2).toString('latin1');
    if (LONG.has(vr)) return { vr, lengthBytes: this.#u32(at + 8), valueAt: at + 12 };
    if (!SHORT.has(vr)) this.#stop('DICOM_ELEMENT_INVALID', at, 'an element without a known value representation');
    return { vr, lengthBytes: this.#u16(at + 6), valueAt: at + 8 };
  }

  get #isExplicit(): boolean {
    return this.#levels.at(-1)?.isExplicit ?? this.#encoding.isExplicit;
  }

  #open(at: number, level: Level): void {
    if (this.#levels.length >= DICOM_DEPTH_MAX) {
      this.#stop('DICOM_TOO_DEEP', at, `sequences nest deeper than ${DICOM_DEPTH_MAX} levels`);
    }
    this.#levels.push(level);
  }

  #inside(at: number, end: number): number {
    if (end > this.#file.sizeBytes) {
      this.#stop('DICOM_TRUNCATED', at, 'the document is cut off or damaged: an element is longer than the file');
    }
    return end;
  }

  #u16(at: number): number {
    const bytes = this.#bytes(at, 2);
    return this.#encoding.isLittle ? bytes.readUInt16LE(0) : bytes.readUInt16BE(0);
  }

  #u32(at: number): number {
    const bytes = this.#bytes(at, 4);
    return this.#encoding.isLittle ? bytes.readUInt32LE(0) : bytes.readUInt32BE(0);
  }

  #bytes(at: number, lengthBytes: number): Buffer {
    if (at + lengthBytes > this.#file.sizeBytes) {
      this.#stop('DICOM_TRUNCATED', at, 'the document is cut off or damaged: it ends inside an element');
    }
    const bytes = this.#file.read(at, lengthBytes);
    if (bytes === undefined) throw new Stopped({ kind: 'unseen' });
    return bytes;
  }

  #stop(code: string, at: number, message: string): never {
    const problem: Problem = { category: 'unreadable', code, position: `byte ${at}`, message };
    throw new Stopped({ kind: 'problem', problem });
  }
}
