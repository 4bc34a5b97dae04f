/**
 * Which paths a pattern means: `**` any folders, `*` anything but a slash, `?` one character, `{a,b}` alternatives, a
 * backslash the next character as it is. Every other character, newlines and leading dots included, stands for itself.
 */
import { granted, refused, type Outcome } from '../../../kernel/refusal.ts';

export interface Glob {
  readonly pattern: string;
  /** Takes time proportional to pattern times path, whatever the pattern. */
  matches(path: string): boolean;
}

type Token =
  | { readonly kind: 'literal'; readonly character: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'some' };
type Segment = readonly Token[] | 'folders';

const ALTERNATIVES_MAX = 256;

/** Refuses with GLOB_INVALID what could never match a relative path, and braces that do not pair. */
export function compileGlob(pattern: string): Outcome<Glob> {
  const read = readAlternatives([...pattern], 0, 'pattern');
  if (typeof read === 'string') return invalid(pattern, read);
  const alternatives: (readonly Segment[])[] = [];
  for (const tokens of read.alternatives) {
    const segments = splitSegments(tokens);
    const problem = problemWith(segments);
    if (problem !== undefined) return invalid(pattern, problem);
    alternatives.push(segments);
  }
  return granted({
    pattern,
    matches(path) {
      const parts = path.split('/').map((part) => [...part]);
      return alternatives.some((segments) => matchPath(segments, parts));
    },
  });
}

function invalid(pattern: string, why: string): Outcome<Glob> {
  const remedy = 'write a pattern relative to the root of the source, for example hl7/**/*.hl7';
  return refused({ code: 'GLOB_INVALID', message: `the pattern ${JSON.stringify(pattern)} ${why}`, remedy });
}

interface Read {
  readonly alternatives: readonly (readonly Token[])[];
  readonly next: number;
}

/** Reads up to the end of the pattern, or of the brace it stands in; a text says what is wrong. */
function readAlternatives(characters: readonly string[], start: number, within: 'pattern' | 'brace'): Read | string {
  const done: (readonly Token[])[] = [];
  let current: (readonly Token[])[] = [[]];
  let at = start;
  while (at < characters.length) {
    const character = characters[at] ?? '';
    if (within === 'brace' && character === '}') return { alternatives: [...done, ...current], next: at + 1 };
    if (within === 'brace' && character === ',') {
      done.push(...current);
      current = [[]];
      at += 1;
      continue;
    }
    const piece = readPiece(characters, at);
    if (typeof piece === 'string') return piece;
    if (current.length * piece.alternatives.length + done.length > ALTERNATIVES_MAX) {
      return `stands for more than ${ALTERNATIVES_MAX} alternatives`;
    }
    current = current.flatMap((left) => piece.alternatives.map((right) => [...left, ...right]));
    at = piece.next;
  }
  return within === 'brace' ? 'opens a brace and does not close it' : { alternatives: current, next: at };
}

function readPiece(characters: readonly string[], at: number): Read | string {
  const character = characters[at] ?? '';
  if (character === '{') return readAlternatives(characters, at + 1, 'brace');
  if (character === '}') return 'closes a brace that is not open';
  if (character === '\\') {
    const escaped = characters[at + 1];
    if (escaped === undefined) return 'ends in a backslash';
    return { alternatives: [[{ kind: 'literal', character: escaped }]], next: at + 2 };
  }
  return { alternatives: [[tokenOf(character)]], next: at + 1 };
}

function tokenOf(character: string): Token {
  if (character === '*') return { kind: 'some' };
  if (character === '?') return { kind: 'one' };
  return { kind: 'literal', character };
}

function splitSegments(tokens: readonly Token[]): readonly Segment[] {
  const segments: Token[][] = [[]];
  for (const token of tokens) {
    if (isCharacter(token, '/')) segments.push([]);
    else segments.at(-1)?.push(token);
  }
  const folders = segments.map((segment): Segment => (isFolders(segment) ? 'folders' : segment));
  // At the end, ** means what is inside a folder: not the folder itself.
  return folders.at(-1) === 'folders' ? [...folders, [{ kind: 'some' }]] : folders;
}

function isCharacter(token: Token, character: string): boolean {
  return token.kind === 'literal' && token.character === character;
}

function isFolders(segment: readonly Token[]): boolean {
  return segment.length === 2 && segment.every(({ kind }) => kind === 'some');
}

function problemWith(segments: readonly Segment[]): string | undefined {
  if (segments.length === 1 && segments[0]?.length === 0) return 'is empty, or has an empty alternative';
  if (segments[0]?.length === 0) return 'begins with a slash';
  if (segments.at(-1)?.length === 0) return 'ends with a slash';
  if (segments.some((segment) => segment.length === 0)) return 'has two slashes in a row';
  const isDots = (segment: Segment): boolean =>
    segment !== 'folders' && segment.length <= 2 && segment.every((token) => isCharacter(token, '.'));
  return segments.some(isDots) ? 'has a part that is . or ..' : undefined;
}

function matchPath(segments: readonly Segment[], parts: readonly (readonly string[])[]): boolean {
  return matchRun(
    segments,
    parts,
    (segment) => segment === 'folders',
    (segment, part) => segment !== 'folders' && matchPart(segment, part),
  );
}

function matchPart(tokens: readonly Token[], characters: readonly string[]): boolean {
  // A star takes at least nothing, also in `.hidden`; a part is never empty in a safe path.
  return matchRun(
    tokens,
    characters,
    (token) => token.kind === 'some',
    (token, character) => token.kind === 'one' || isCharacter(token, character),
  );
}

/** Wildcard matching with one place to go back to, which is enough because a later wildcard makes earlier ones moot. */
function matchRun<P, T>(
  pattern: readonly P[],
  text: readonly T[],
  isWild: (each: P) => boolean,
  fits: (each: P, item: T) => boolean,
): boolean {
  let [p, t] = [0, 0];
  let back: { p: number; t: number } | undefined;
  while (t < text.length) {
    const each = pattern[p];
    if (each !== undefined && isWild(each)) {
      back = { p: p + 1, t };
      p += 1;
    } else if (each !== undefined && fits(each, text[t] as T)) {
      p += 1;
      t += 1;
    } else if (back !== undefined) {
      back.t += 1;
      ({ p, t } = back);
    } else return false;
  }
  return pattern.slice(p).every(isWild);
}
