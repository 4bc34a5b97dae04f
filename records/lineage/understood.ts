/** What sealed documents mean, by digest: one digest stands for the same bytes, and those always mean the same. */
import type { Sha256 } from '../../kernel/digest.ts';

interface Held<Meaning> {
  readonly meaning: Meaning;
  readonly bytes: number;
}

/** Remembers meanings of documents of so many bytes together; what was asked for longest ago goes first. */
export class Understood<Meaning> {
  readonly #bytesMax: number;
  readonly #held = new Map<Sha256, Held<Meaning>>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Whoever gets a meaning shares it, and never changes it. A document beyond the limit is not remembered. */
  of(digest: Sha256, document: Buffer, understand: (text: string) => Meaning): Meaning {
    const held = this.#held.get(digest);
    if (held !== undefined) {
      this.#held.delete(digest);
      this.#held.set(digest, held);
      return held.meaning;
    }
    const meaning = understand(document.toString('utf8'));
    if (document.length > this.#bytesMax) return meaning;
    this.#held.set(digest, { meaning, bytes: document.length });
    this.#bytes += document.length;
    this.#forget();
    return meaning;
  }

  #forget(): void {
    for (const [digest, { bytes }] of this.#held) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#held.delete(digest);
      this.#bytes -= bytes;
    }
  }
}
