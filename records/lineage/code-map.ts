/** Looks source codes up in a code map. */
import type { CodeTable, CodeTranslation, LineageMap } from './language.ts';

/** The translations that are written in the map itself: none of a code map that is a document. */
export function translationsOf(map: LineageMap, name: string): readonly CodeTranslation[] {
  const codeMap = map.codeMaps?.[name];
  return codeMap === undefined || 'document' in codeMap ? [] : Object.values(codeMap.codes);
}

export type Translate = (code: string) => CodeTranslation | undefined;

/** The translation of a code; the longest key ending in `*` that fits, where there is no exact one. */
export function compileCodeMap(map: CodeTable): Translate {
  const exact = new Map(Object.entries(map.codes));
  const prefixes = Object.entries(map.codes)
    .filter(([key]) => key.endsWith('*'))
    .map(([key, translation]) => ({ prefix: key.slice(0, -1), translation }))
    .sort((left, right) => right.prefix.length - left.prefix.length);
  return (code) => {
    const found = exact.get(code);
    if (found !== undefined) return found;
    const open = prefixes.find(({ prefix }) => code.startsWith(prefix));
    return open && { ...open.translation, code: filled(open.translation.code, code, code.slice(open.prefix.length)) };
  };
}

/** A URI is filled with the code as RFC 3986 writes it, anything else with the code itself. */
function filled(target: string, code: string, rest: string): string {
  const written = /^[a-z][a-z0-9+.-]*:/.test(target) ? encodeURIComponent : String;
  return target.replaceAll('{code}', () => written(code)).replaceAll('{rest}', () => written(rest));
}
