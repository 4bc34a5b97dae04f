/**
 * The objects of a PDF that is held whole, found where they are written rather than through the cross-reference:
 * a later definition replaces an earlier one, as an incremental update does (ISO 32000-1, 7.5.6).
 */
import { inflateSync } from 'node:zlib';

/** Object streams inflated in one file, all together; what is beyond is not looked into. */
export const INFLATED_BYTES_MAX = 64 * 1024 * 1024;
/** A dictionary that is longer is cut: the entries looked for stand near its beginning. */
const DICTIONARY_CHARACTERS_MAX = 64 * 1024;
const TRAILER_CHARACTERS_MAX = 4096;
/** Two references name the same object when they are equal; generations are left out, as only the last one counts. */
type ObjectNumber = number;

export class PdfObjects {
  readonly #text: string;
  readonly #bytes: Buffer;
  readonly #at = new Map<ObjectNumber, number>();
  readonly #packed = new Map<ObjectNumber, string>();
  #inflatedBytes = 0;
  /** Whether an object stream could not be looked into. */
  isPartlySeen = false;
  /** The last trailer, or the dictionary of the last cross-reference stream, that names a catalog. */
  readonly trailer: string;
  readonly encryptedAt: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#text = bytes.toString('latin1');
    for (const found of this.#text.matchAll(/(?<![\d.])(\d{1,10})\s+\d{1,5}\s+obj\b/g)) {
      this.#at.set(Number(found[1]), found.index + found[0].length);
    }
    this.trailer = this.#trailer();
    const encrypt = /\/Encrypt\s*(?:\d+\s+\d+\s+R|<<)/.exec(this.trailer);
    this.encryptedAt = encrypt === null ? -1 : this.#text.lastIndexOf('/Encrypt');
    if (!this.isEncrypted) this.#unpack();
  }

  get isEncrypted(): boolean {
    return this.encryptedAt !== -1;
  }

  /** The number of the object that an entry of a dictionary refers to. */
  reference(dictionary: string, name: string): ObjectNumber | undefined {
    const found = new RegExp(`/${name}\\s+(\\d{1,10})\\s+\\d{1,5}\\s+R\\b`).exec(dictionary)?.[1];
    return found === undefined ? undefined : Number(found);
  }

  /** The text of an object up to its end, or the end of its dictionary. */
  dictionary(object: ObjectNumber): string | undefined {
    const at = this.#at.get(object);
    if (at === undefined) return this.#packed.get(object);
    return this.#dictionaryAt(at);
  }

  #dictionaryAt(at: number): string {
    const text = this.#text.slice(at, at + DICTIONARY_CHARACTERS_MAX);
    const end = /\bstream\r?\n|\bendobj\b/.exec(text)?.index;
    return text.slice(0, end);
  }

  #trailer(): string {
    const starts = [...this.#text.matchAll(/\btrailer\b|\/Type\s*\/XRef\b/g)].reverse();
    for (const { index, 0: word } of starts) {
      // The entries of a stream's dictionary come in any order.
      const object = word === 'trailer' ? index : this.#text.lastIndexOf(' obj', index);
      const text =
        this.#text.slice(object, index + TRAILER_CHARACTERS_MAX).split(/\bstream\r?\n|\bstartxref\b/)[0] ?? '';
      if (this.reference(text, 'Root') !== undefined) return text;
    }
    return '';
  }

  /** Object streams (7.5.7): pairs of a number and an offset, then the objects from the offset `First` on. */
  #unpack(): void {
    for (const [, at] of this.#at) {
      const dictionary = this.#dictionaryAt(at);
      if (!/\/Type\s*\/ObjStm\b/.test(dictionary)) continue;
      const first = Number(/\/First\s+(\d+)/.exec(dictionary)?.[1] ?? Number.NaN);
      const content = this.#inflated(at, dictionary);
      if (content === undefined || Number.isNaN(first)) {
        this.isPartlySeen = true;
        continue;
      }
      const pairs = content.slice(0, first).trim().split(/\s+/).map(Number);
      for (let index = 0; index + 1 < pairs.length; index += 2) {
        const [object = -1, from = 0] = pairs.slice(index, index + 2);
        const to = first + (pairs[index + 3] ?? content.length);
        this.#packed.set(object, content.slice(first + from, Math.min(to, first + from + DICTIONARY_CHARACTERS_MAX)));
      }
    }
  }

  #inflated(at: number, dictionary: string): string | undefined {
    if (!/\/FlateDecode\b/.test(dictionary) || /\/DecodeParms\b/.test(dictionary)) return undefined;
    const start =
      at + dictionary.length + (/^stream\r?\n/.exec(this.#text.slice(at + dictionary.length))?.[0].length ?? 0);
    const end = this.#text.indexOf('endstream', start);
    const maxOutputLength = INFLATED_BYTES_MAX - this.#inflatedBytes;
    if (end === -1 || maxOutputLength <= 0) return undefined;
    try {
      const content = inflateSync(this.#bytes.subarray(start, end), { maxOutputLength });
      this.#inflatedBytes += content.length;
      return content.toString('latin1');
    } catch {
      return undefined;
    }
  }
}
