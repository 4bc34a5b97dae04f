/** Which resource of ours says what an expected one says: of the same type, and with the most in common. */
import type { Fact, Said } from './facts.ts';

export interface Match {
  readonly expected?: Said;
  readonly made?: Said;
}

/** Every resource of both sides once; those that have nothing in common with any stand alone. */
export function matchAll(expected: readonly Said[], made: readonly Said[]): readonly Match[] {
  const rarity = rarityIn(expected);
  const candidates = expected.flatMap((left) =>
    made
      .filter((right) => right.type === left.type)
      .map((right) => ({ left, right, overlap: overlapOf(left, right, rarity) }))
      .filter(({ overlap }) => overlap > 0),
  );
  candidates.sort((one, other) => other.overlap - one.overlap);
  const taken = new Set<Said>();
  const matches: Match[] = [];
  for (const { left, right } of candidates) {
    if (taken.has(left) || taken.has(right)) continue;
    taken.add(left).add(right);
    matches.push({ expected: left, made: right });
  }
  for (const each of expected) if (!taken.has(each)) matches.push({ expected: each });
  for (const each of made) if (!taken.has(each)) matches.push({ made: each });
  return matches;
}

/** What few resources say tells them apart better than what all of them say. */
type Rarity = (type: string, path: string, value: string) => number;

function rarityIn(all: readonly Said[]): Rarity {
  const counts = new Map<string, number>();
  const keyOf = (...parts: readonly string[]) => parts.join('\0');
  for (const { type, facts } of all) {
    for (const [path, values] of facts) {
      for (const value of new Set(values.map((fact) => fact.value))) {
        const key = keyOf(type, path, value);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
  }
  return (type, path, value) => 1 / (counts.get(keyOf(type, path, value)) ?? 1);
}

function overlapOf(left: Said, right: Said, rarity: Rarity): number {
  let overlap = 0;
  for (const [path, facts] of left.facts) {
    for (const { value } of alike(facts, right.facts.get(path) ?? []).keys()) overlap += rarity(left.type, path, value);
  }
  return overlap;
}

/** The expected facts that are made too, each with another one that says it. */
export function alike(expected: readonly Fact[], made: readonly Fact[]): ReadonlyMap<Fact, Fact> {
  const left = [...made];
  const found = new Map<Fact, Fact>();
  for (const fact of expected) {
    const at = left.findIndex(({ value }) => value === fact.value);
    if (at === -1) continue;
    for (const answer of left.splice(at, 1)) found.set(fact, answer);
  }
  return found;
}
