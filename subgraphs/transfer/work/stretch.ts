/** Stretches: a long document in pieces of bounded length, each with the numbers of its lines. */

export interface Stretch<T> {
  /** The number of its first line in the document, counted from 0. */
  readonly from: number;
  /** Of its last line. */
  readonly to: number;
  readonly lines: readonly T[];
}

/** `first`: the number of the first of the lines that are given. */
export async function* stretchesOf<T>(
  lines: AsyncIterable<T>,
  linesMax: number,
  first = 0,
): AsyncGenerator<Stretch<T>> {
  let from = first;
  let pending: T[] = [];
  for await (const line of lines) {
    pending.push(line);
    if (pending.length < linesMax) continue;
    yield { from, to: from + pending.length - 1, lines: pending };
    from += pending.length;
    pending = [];
  }
  if (pending.length > 0) yield { from, to: from + pending.length - 1, lines: pending };
}
