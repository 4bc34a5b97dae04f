/** Which source paths a map leaves behind on purpose, and why. */
import type { Exclusion } from './language.ts';

/** The reason a path is excluded; undefined where it is not. */
export type ExcludedBecause = (path: string) => string | undefined;

/**
 * An exclusion stands for its path and everything inside it: `OBX-15` takes `OBX-15.1`. One that ends in `*` takes
 * every path that begins so, one that begins with `//` every path that ends so: `ZPI-*`, `//templateId/@root`.
 */
export function compileExclusions(exclusions: readonly Exclusion[]): ExcludedBecause {
  const exact = new Map<string, string>();
  const beginnings: Exclusion[] = [];
  const ends: Exclusion[] = [];
  for (const exclusion of exclusions) {
    const { from, reason } = exclusion;
    if (from.startsWith('//')) ends.push({ from: from.slice(1), reason });
    else if (from.endsWith('*')) beginnings.push({ from: from.slice(0, -1), reason });
    else exact.set(from, reason);
  }
  return (path) => {
    for (const outer of outwards(path)) {
      const reason = exact.get(outer);
      if (reason !== undefined) return reason;
    }
    const open = beginnings.find(({ from }) => path.startsWith(from));
    return (open ?? ends.find(({ from }) => `/${path}`.endsWith(from)))?.reason;
  };
}

/** The path, and every path it is inside. */
function outwards(path: string): readonly string[] {
  const outer = [path];
  for (let at = path.length - 1; at > 0; at--) {
    if (path[at] === '.' || path[at] === '/') outer.push(path.slice(0, at));
  }
  return outer;
}
