/** A member of the outermost object of a JSON text, found without reading the text to its end. */

/** The string value of the first member with this name at the top level; undefined where `text` holds none so far. */
export function topLevelString(text: string, name: string): string | undefined {
  const scan = /"(?:[^"\\]|\\.)*"|[{}[\]]/gs;
  let depth = 0;
  let wanted = false;
  for (let match = scan.exec(text); match !== null; match = scan.exec(text)) {
    const [token] = match;
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (wanted) return token.slice(1, -1);
    wanted = depth === 1 && token === `"${name}"` && /^\s*:\s*"/.test(text.slice(scan.lastIndex, scan.lastIndex + 64));
  }
  return undefined;
}
