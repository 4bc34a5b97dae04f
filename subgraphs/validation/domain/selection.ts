/** Which dataset a path belongs to: the first whose pattern takes it (schema/plan.v1.json). */

const SPECIAL = /[$()*+.?[\\\]^{|}]/g;
// Two stars are folders only when they are a whole part of the path.
const PATTERN = /\\(.)|(?<=^|\/)\*\*\/|(?<=^|\/)\*\*$|\*|\?|[{},]|[^]/gsu;

/** `**` any folders, `*` all but a slash, `?` one character, `{a,b}` alternatives, a backslash the next as it is. */
export function selectionOf(pattern: string): (path: string) => boolean {
  let depth = 0;
  const source = pattern.replaceAll(PATTERN, (piece, escaped: string | undefined) => {
    if (escaped !== undefined) return literal(escaped);
    if (piece === '{') return depth++ >= 0 ? '(?:' : '';
    if (piece === '}' && depth > 0) return depth-- > 0 ? ')' : '';
    if (piece === ',' && depth > 0) return '|';
    return WILD[piece] ?? literal(piece);
  });
  const matcher = new RegExp(`^${source}$`, 'su');
  return (path) => matcher.test(path);
}

/** Whether one of the patterns takes it. */
export function anyOf(patterns: readonly string[]): (path: string) => boolean {
  const selections = patterns.map(selectionOf);
  return (path) => selections.some((selects) => selects(path));
}

const WILD: Readonly<Record<string, string>> = { '**/': '(?:[^/]*/)*', '**': '.*', '*': '[^/]*', '?': '[^/]' };

function literal(text: string): string {
  return text.replaceAll(SPECIAL, String.raw`\$&`);
}
