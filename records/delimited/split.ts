/** Cuts text into rows, quotes respected (RFC 4180); the rows and their ends together are the text. */
import type { Dialect } from './dialect.ts';

/** The longest row that is read. */
export const ROW_CHARACTERS_MAX = 16 * 1024 * 1024;

export interface RawRow {
  /** The row with its end. */
  readonly units: string;
  /** Length of the row without its end. */
  readonly length: number;
  /** Holds a character that is not ASCII, or NUL. */
  readonly special: boolean;
  /** A quotation mark inside a cell that does not begin with one. */
  readonly strayQuote: boolean;
}

export type SplitError = 'QUOTE_INVALID' | 'ROW_TOO_LONG';

const QUOTE = '"';
const SPECIAL = /[\0\x80-\uffff]/;

/** Text in, whole rows out; after an error nothing more is cut, and `rest` is everything that was not. */
export class RowSplitter {
  readonly #dialect: Dialect;
  #held = '';
  /** Pieces without a line end, not yet joined to what is held. */
  #ahead: string[] = [];
  #aheadLength = 0;
  #special = false;
  #from = 0;
  /** Up to here the row has been looked at. */
  #scan = 0;
  /** Whether `#scan` stands inside a quoted cell. */
  #quoted = false;
  #stray = false;
  /** The next quotation mark at or after `#scan`; length of the text where there is none. */
  #quote = -1;
  #error: SplitError | undefined;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  get error(): SplitError | undefined {
    return this.#error;
  }

  get rest(): string {
    return this.#held.slice(this.#from) + this.#ahead.join('');
  }

  push(text: string, special: boolean): readonly RawRow[] {
    this.#ahead.push(text);
    this.#aheadLength += text.length;
    this.#special ||= special;
    // A row ends with its line end: until one comes there is nothing to cut.
    const isLong = this.#aheadLength > ROW_CHARACTERS_MAX;
    if (!isLong && !text.includes(this.#dialect.lineEnd.at(-1) ?? '')) return [];
    const rows = this.#join('more');
    if (this.#held.length - this.#from > ROW_CHARACTERS_MAX) this.#error ??= 'ROW_TOO_LONG';
    return rows;
  }

  end(): readonly RawRow[] {
    const rows = this.#join('ended');
    if (this.#error !== undefined || this.#from === this.#held.length) return rows;
    if (this.#quoted) {
      this.#error = 'QUOTE_INVALID';
      return rows;
    }
    return [...rows, this.#take(this.#held.length, this.#held.length)];
  }

  #join(source: 'more' | 'ended'): readonly RawRow[] {
    this.#held = this.rest;
    this.#ahead = [];
    this.#aheadLength = 0;
    this.#scan -= this.#from;
    this.#from = 0;
    this.#quote = -1;
    const rows = this.#cut(source);
    this.#special &&= SPECIAL.test(this.rest);
    return rows;
  }

  #cut(source: 'more' | 'ended'): readonly RawRow[] {
    const rows: RawRow[] = [];
    const { lineEnd } = this.#dialect;
    while (this.#error === undefined) {
      if (this.#quoted && !this.#closeQuote(source)) break;
      const end = this.#held.indexOf(lineEnd, this.#scan);
      const limit = end === -1 ? this.#held.length : end;
      if (this.#findQuote() < limit) {
        this.#openQuote();
        continue;
      }
      if (end === -1) {
        // A line end of two characters may be cut in two.
        this.#scan = Math.max(this.#from, this.#held.length - 1, this.#scan);
        break;
      }
      const isReturn = lineEnd === '\n' && end > this.#from && this.#held[end - 1] === '\r';
      rows.push(this.#take(isReturn ? end - 1 : end, end + lineEnd.length));
    }
    return rows;
  }

  #findQuote(): number {
    if (!this.#dialect.quotes) return this.#held.length;
    if (this.#quote < this.#scan) {
      const found = this.#held.indexOf(QUOTE, this.#scan);
      this.#quote = found === -1 ? this.#held.length : found;
    }
    return this.#quote;
  }

  #openQuote(): void {
    const at = this.#quote;
    this.#scan = at + 1;
    if (at === this.#from || this.#held[at - 1] === this.#dialect.separator) this.#quoted = true;
    else this.#stray = true;
  }

  /** True where the quoted cell has come to its end. */
  #closeQuote(source: 'more' | 'ended'): boolean {
    const held = this.#held;
    for (;;) {
      const at = held.indexOf(QUOTE, this.#scan);
      if (at === -1) {
        this.#scan = held.length;
        return false;
      }
      this.#scan = at;
      // What follows the mark is known, and of a carriage return what follows that.
      const known = held[at + 1] === '\r' ? at + 2 : at + 1;
      if (source === 'more' && known >= held.length) return false;
      if (held[at + 1] !== QUOTE) {
        this.#scan = at + 1;
        this.#quoted = false;
        if (!this.#endsCell(at + 1)) this.#error = 'QUOTE_INVALID';
        return this.#error === undefined;
      }
      this.#scan = at + 2;
    }
  }

  #endsCell(at: number): boolean {
    const { separator, lineEnd } = this.#dialect;
    const next = this.#held[at];
    if (next === undefined || next === separator || this.#held.startsWith(lineEnd, at)) return true;
    return lineEnd === '\n' && next === '\r' && (this.#held[at + 1] ?? '\n') === '\n';
  }

  #take(lengthTo: number, to: number): RawRow {
    const units = this.#held.slice(this.#from, to);
    const length = lengthTo - this.#from;
    const row = { units, length, special: this.#special && SPECIAL.test(units), strayQuote: this.#stray };
    this.#from = to;
    this.#scan = to;
    this.#stray = false;
    return row;
  }
}
