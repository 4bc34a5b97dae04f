/** Streams that the other side may take from us, each once, by number. */
export class Offers {
  readonly #offered = new Map<number, AsyncIterable<unknown>>();
  #next = 0;

  add(bytes: AsyncIterable<unknown>): number {
    this.#offered.set(this.#next, bytes);
    return this.#next++;
  }

  take(offer: number): AsyncIterable<unknown> | undefined {
    const bytes = this.#offered.get(offer);
    this.#offered.delete(offer);
    return bytes;
  }

  withdraw(offer: number): void {
    this.#offered.delete(offer);
  }
}
