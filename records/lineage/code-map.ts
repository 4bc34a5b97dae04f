/** Looks source codes up in a code map. */
import type { CodeMap, CodeTranslation } from './language.ts';

export type Translate = (code: string) => CodeTranslation | undefined;

/** The translation of a code; the longest key ending in `*` that fits, where there is no exact one. */
export function compileCodeMap(map: CodeMap): Translate {
  const exact = new Map(Object.entries(map.codes));
  const prefixes = Object.entries(map.codes)
    .filter(([key]) => key.endsWith('*'))
    .map(([key, translation]) => ({ prefix: key.slice(0, -1), translation }))
    .sort((left, right) => right.prefix.length - left.prefix.length);
  return (code) => {
    const found = exact.get(code);
    if (found !== undefined) return found;
    const open = prefixes.find(({ prefix }) => code.startsWith(prefix));
    return open && { ...open.translation, code: filled(open.translation.code, code) };
  };
}

/** A URI is filled with the code as RFC 3986 writes it, anything else with the code itself. */
function filled(target: string, code: string): string {
  return target.replaceAll('{code}', /^[a-z][a-z0-9+.-]*:/.test(target) ? encodeURIComponent(code) : code);
}
