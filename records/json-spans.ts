/** Where the values of a JSON text stand, so that one can be replaced and no other byte (RFC 8259, RFC 6901). */

export interface JsonSpan {
  readonly start: number;
  readonly end: number;
}

export interface JsonMember extends JsonSpan {
  /** The name of a member as it is meant, or the index of an element. */
  readonly name: string;
}

const SPACE = /[ \t\r\n]*/y;
const SCALAR = /[^\s,\]}]*/y;
const STRUCTURE = /["{}[\]]/g;

/** The members of the object, or the elements of the array, that begins at `at` in a text that is JSON. */
export function* membersAt(text: string, at: number): Generator<JsonMember> {
  const isObject = text[at] === '{';
  if (!isObject && text[at] !== '[') return;
  let next = skip(SPACE, text, at + 1);
  for (let index = 0; text[next] !== '}' && text[next] !== ']' && next < text.length; index++) {
    let name = String(index);
    if (isObject) {
      const end = stringEnd(text, next);
      name = JSON.parse(text.slice(next, end)) as string;
      next = skip(SPACE, text, skip(SPACE, text, end) + 1);
    }
    const end = valueEnd(text, next);
    yield { name, start: next, end };
    next = skip(SPACE, text, end);
    if (text[next] === ',') next = skip(SPACE, text, next + 1);
  }
}

/** The value a JSON pointer names; of members with one name the last, which is the one that parsers keep. */
export function findSpan(text: string, pointer: string): JsonSpan | undefined {
  const start = skip(SPACE, text, 0);
  let span: JsonSpan | undefined = { start, end: valueEnd(text, start) };
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    let found: JsonSpan | undefined;
    if (span !== undefined) for (const member of membersAt(text, span.start)) if (member.name === name) found = member;
    span = found;
  }
  return span;
}

/** How many members all objects of a JSON text have together, those with the same name counted each. */
export function countMembers(text: string): number {
  let members = 0;
  for (let at = text.indexOf('"'); at !== -1; ) {
    const end = stringEnd(text, at);
    if (text[skip(SPACE, text, end)] === ':') members++;
    at = text.indexOf('"', end);
  }
  return members;
}

/** The pointer of the first object member whose name the object has already; undefined where there is none. */
export function duplicateMember(text: string): string | undefined {
  const open = [{ pointer: '', members: membersAt(text, skip(SPACE, text, 0)), names: new Set<string>() }];
  for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
    const next = inner.members.next();
    if (next.done === true) {
      open.pop();
      continue;
    }
    const { name, start } = next.value;
    const pointer = `${inner.pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (inner.names.has(name)) return pointer;
    inner.names.add(name);
    if (text[start] === '{' || text[start] === '[') {
      open.push({ pointer, members: membersAt(text, start), names: new Set() });
    }
  }
  return undefined;
}

function valueEnd(text: string, at: number): number {
  if (text[at] === '"') return stringEnd(text, at);
  if (text[at] !== '{' && text[at] !== '[') return skip(SCALAR, text, at);
  let depth = 0;
  STRUCTURE.lastIndex = at;
  for (let match = STRUCTURE.exec(text); match !== null; match = STRUCTURE.exec(text)) {
    if (match[0] === '"') STRUCTURE.lastIndex = stringEnd(text, match.index);
    else if (match[0] === '{' || match[0] === '[') depth++;
    else if (--depth === 0) return match.index + 1;
  }
  return text.length;
}

function stringEnd(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
}

function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  pattern.test(text);
  return pattern.lastIndex;
}
