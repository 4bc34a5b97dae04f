/** Where a JSON text breaks (RFC 8259). The engine's own message quotes the text, and the text is a patient's. */

const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\d.eE+-])/y;
const WORD = /(?:true|false|null)(?![A-Za-z])/y;
const SPACE = /[ \t\r\n]*/y;

/** Offset of the first character that cannot be JSON; `text.length` where it ends too early, -1 where it is JSON. */
export function jsonErrorOffset(text: string): number {
  const open: ('{' | '[')[] = [];
  let at = skipSpace(text, 0);
  for (;;) {
    const start = at;
    const value = valueEnd(text, at, open);
    if (value < 0) return -1 - value;
    at = skipSpace(text, value);
    const opened = text[start] === '{' || text[start] === '[';
    if (opened && text[at] !== (text[start] === '{' ? '}' : ']')) {
      const next = text[start] === '{' ? keyEnd(text, at) : at;
      if (next < 0) return -1 - next;
      at = next;
      continue;
    }
    // A value is complete: close what it closes, then go on behind the next comma.
    while (open.length > 0 && text[at] === (open.at(-1) === '{' ? '}' : ']')) {
      open.pop();
      at = skipSpace(text, at + 1);
    }
    const inside = open.at(-1);
    if (inside === undefined) return at === text.length ? -1 : at;
    if (text[at] !== ',') return at;
    at = skipSpace(text, at + 1);
    const next = inside === '{' ? keyEnd(text, at) : at;
    if (next < 0) return -1 - next;
    at = next;
  }
}

/** The end of a scalar, or one past an opening bracket; -1 - offset where there is no value. */
function valueEnd(text: string, at: number, open: ('{' | '[')[]): number {
  const first = text[at];
  if (first === '{' || first === '[') {
    open.push(first);
    return at + 1;
  }
  if (first === '"') return stringEnd(text, at);
  const pattern = first === 't' || first === 'f' || first === 'n' ? WORD : NUMBER;
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : -1 - at;
}

/** The beginning of the value behind a key and its colon, or -1 - offset. */
function keyEnd(text: string, at: number): number {
  if (text[at] !== '"') return -1 - at;
  const end = stringEnd(text, at);
  if (end < 0) return end;
  const colon = skipSpace(text, end);
  return text[colon] === ':' ? skipSpace(text, colon + 1) : -1 - colon;
}

// Not a pattern: a string may hold a document of many megabytes, which a pattern would need a stack for.
function stringEnd(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return -1 - at;
    if (code === 0x5c) {
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(text)) return -1 - at;
      at = ESCAPE.lastIndex;
    } else at++;
  }
  return -1 - text.length;
}

function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}
