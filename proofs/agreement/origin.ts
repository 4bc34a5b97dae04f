/** Which segment of an HL7 v2 message says what somebody has published of it. */
import { allOf, type Fact, type Said } from './facts.ts';

/** Values shorter than this stand anywhere. */
const CHARACTERS_MIN = 2;

interface Segment {
  readonly name: string;
  readonly words: ReadonlySet<string>;
}

export class Segments {
  readonly #segments: readonly Segment[];

  /** `text` is the message; of anything else no segment says anything. */
  constructor(text: string) {
    this.#segments = text
      .replace(/^\uFEFF/, '')
      .split(/[\r\n]+/)
      .filter((line) => /^[A-Z][A-Z0-9]{2}\|/.test(line))
      .map((line) => ({
        name: line.slice(0, 3),
        words: new Set(
          line
            .slice(4)
            .split(/[|^~&]/)
            .flatMap(wordsOf),
        ),
      }));
  }

  /** The segment that says most of a resource or, where ours says the rest of it, of the element a fact stands in. */
  originOf(fact: Fact, said: Said, isWhole: boolean): string | undefined {
    const element = fact.within.at(-1);
    const facts = isWhole ? allOf(said) : allOf(said).filter((each) => each === fact || inSame(each, element));
    const values = new Set(facts.flatMap(({ value }) => wordsOf(value.replace(/^urn:(?:oid|uuid):/, ''))));
    let best: { readonly name: string; readonly count: number } | undefined;
    for (const { name, words } of this.#segments) {
      const count = [...values].filter((value) => value.length >= CHARACTERS_MIN && words.has(value)).length;
      if (count > (best?.count ?? 0)) best = { name, count };
    }
    return best?.name;
  }
}

function wordsOf(text: string): readonly string[] {
  return [text.trim(), ...text.trim().split(' ')];
}

function inSame({ within }: Fact, element: object | undefined): boolean {
  return element !== undefined && within.at(-1) === element;
}
