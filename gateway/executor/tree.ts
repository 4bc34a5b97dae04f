/** Answers under construction: plain trees of objects and lists into which fetched parts are merged. */

export type Tree = Record<string, unknown>;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Merges `source` into `target`, member by member. `target` may keep references into `source`. */
export function mergeInto(target: Tree, source: Tree): void {
  for (const key of Object.keys(source)) {
    const given = source[key];
    if (given === undefined || key === '__proto__') continue;
    const held = target[key];
    if (isTree(held) && isTree(given)) mergeInto(held, given);
    else if (Array.isArray(held) && Array.isArray(given) && held.length === given.length) mergeLists(held, given);
    else target[key] = given;
  }
}

function mergeLists(target: unknown[], source: readonly unknown[]): void {
  for (let at = 0; at < source.length; at++) {
    const held = target[at];
    const given = source[at];
    if (isTree(held) && isTree(given)) mergeInto(held, given);
    else target[at] = given;
  }
}

/** A copy that shares nothing with `value`. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (!isTree(value)) return value;
  const copy: Tree = {};
  for (const key of Object.keys(value)) if (key !== '__proto__') copy[key] = copyOf(value[key]);
  return copy as T;
}

/** A step of a path: a member's name, or `@` for every element of a list. */
export type Path = readonly string[];

/** Every object found by walking `path` from each of `from`; what is null or missing is passed over. */
export function objectsAt(from: readonly Tree[], path: Path): Tree[] {
  let level: readonly unknown[] = from;
  for (const step of path) {
    const next: unknown[] = [];
    for (const value of level) {
      if (step !== '@') next.push((value as Tree)[step]);
      else if (Array.isArray(value)) next.push(...value);
      else next.push(value);
    }
    level = next.filter(isPresent);
  }
  return level.flatMap(treesOf);
}

function treesOf(value: unknown): Tree[] {
  if (Array.isArray(value)) return value.flatMap(treesOf);
  return isTree(value) ? [value] : [];
}

function isPresent(value: unknown): boolean {
  return value !== null && value !== undefined;
}

/** Where the objects of `objectsAt([root], path)` stand, in the same order; computed only when an error needs it. */
export function placesAt(root: Tree, path: Path): readonly (string | number)[][] {
  const places: (string | number)[][] = [];
  const walk = (value: unknown, depth: number, place: readonly (string | number)[]): void => {
    if (Array.isArray(value)) {
      const below = path[depth] === '@' ? depth + 1 : depth;
      value.forEach((element, index) => walk(element, below, [...place, index]));
      return;
    }
    if (!isTree(value)) return;
    const step = path[depth];
    if (step === undefined) places.push([...place]);
    else if (step === '@') walk(value, depth + 1, place);
    else walk(value[step], depth + 1, [...place, step]);
  };
  walk(root, 0, []);
  return places;
}
