/** Where the segments of a message begin and end, found from front to back and only as far as somebody asks. */

export class SegmentIndex {
  /** Ids of the segments found so far, '' for a line that is no segment. */
  readonly ids: string[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly #text: string;
  readonly #separator: string;
  readonly #lines: SegmentEnds;
  #from = 0;

  constructor(text: string, separator: string) {
    this.#text = text;
    this.#separator = separator;
    this.#lines = new SegmentEnds(text, separator);
  }

  /** Finds so many segments, or as many as there are. */
  findUntil(count: number): void {
    while (this.ids.length < count && this.next() !== undefined);
  }

  /** Finds one more; its id, or undefined where there is none. */
  next(): string | undefined {
    const text = this.#text;
    while (this.#from < text.length) {
      const end = this.#lines.after(this.#from);
      let first = this.#from;
      let last = end;
      while (last > first && isFraming(text.charCodeAt(last - 1))) last--;
      while (first < last && isFraming(text.charCodeAt(first))) first++;
      this.#from = end + 1;
      if (first === last) continue;
      const id = segmentId(text, first, this.#separator);
      this.ids.push(id);
      this.starts.push(first);
      this.ends.push(last);
      return id;
    }
    return undefined;
  }
}

/** Finds segment ends from front to back, looking at every character once. */
class SegmentEnds {
  readonly #text: string;
  readonly #separator: string;
  /** The end of the first segment decides: after a carriage return, a lone line feed is part of the data. */
  readonly #newlineIsData: boolean;
  #return: number;
  #newline: number;

  constructor(text: string, separator: string) {
    this.#text = text;
    this.#separator = separator;
    this.#return = orEnd(text.indexOf('\r'), text);
    this.#newline = orEnd(text.indexOf('\n'), text);
    this.#newlineIsData = this.#return < this.#newline;
  }

  after(from: number): number {
    if (this.#return < from) this.#return = orEnd(this.#text.indexOf('\r', from), this.#text);
    if (this.#newline < from) this.#newline = orEnd(this.#text.indexOf('\n', from), this.#text);
    while (this.#newline < this.#return && !this.#ends(this.#newline, from)) {
      this.#newline = orEnd(this.#text.indexOf('\n', this.#newline + 1), this.#text);
    }
    return Math.min(this.#return, this.#newline);
  }

  #ends(newline: number, from: number): boolean {
    if (!this.#newlineIsData || newline === from) return true;
    return segmentId(this.#text, newline + 1, this.#separator) !== '';
  }
}

function orEnd(index: number, text: string): number {
  return index === -1 ? text.length : index;
}

const ID_CHARACTERS = 3;
/** Ids by their characters as one number: there are at most 26 x 36 x 36 of them, and messages repeat a few. */
const known = new Map<number, string>();

/** The id of the segment that begins at `at`: a letter and two letters or digits; '' where none does. */
function segmentId(text: string, at: number, separator: string): string {
  const first = text.charCodeAt(at);
  const second = text.charCodeAt(at + 1);
  const third = text.charCodeAt(at + 2);
  if (!isUpper(first) || !isUpperOrDigit(second) || !isUpperOrDigit(third)) return '';
  const next = text[at + ID_CHARACTERS];
  if (next !== undefined && next !== separator && next !== '\r' && next !== '\n') return '';
  const code = (first << 16) | (second << 8) | third;
  let id = known.get(code);
  if (id === undefined) known.set(code, (id = text.slice(at, at + ID_CHARACTERS)));
  return id;
}

function isUpper(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

function isUpperOrDigit(code: number): boolean {
  return isUpper(code) || (code >= 0x30 && code <= 0x39);
}

/** MLLP's start and end of block, NUL, and line ends. */
function isFraming(code: number): boolean {
  return code === 0x0b || code === 0x1c || code === 0 || code === 0x0a || code === 0x0d;
}
