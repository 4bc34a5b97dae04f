/** Pointers from one item to another by path. */

/** Longer pointers are no paths. */
const PATH_LENGTH_MAX_CHARS = 1024;

/** Whether a pointer is a path of a file beside the item, not an address elsewhere and not an id. */
export function isRelativePath(pointer: string): boolean {
  if (pointer.length > PATH_LENGTH_MAX_CHARS || /^[a-z][a-z0-9+.-]*:/i.test(pointer)) return false;
  return !/^[/\\#?]/.test(pointer) && /\.[a-z0-9]{2,5}$/i.test(pointer);
}

/** Where `pointer`, found in the item at `path`, may lead: beside the item, or from the root. Never above the root. */
export function placesOf(path: string, pointer: string): readonly string[] {
  const folder = path.split('/').slice(0, -1);
  const parts = pointer.replaceAll('\\', '/').split('/');
  return [...new Set([folded([...folder, ...parts]), folded(parts)])].filter((place) => place !== '');
}

function folded(parts: readonly string[]): string {
  const kept: string[] = [];
  for (const part of parts) {
    if (part === '' || part === '.') continue;
    if (part === '..' && kept.pop() === undefined) return '';
    if (part !== '..') kept.push(part);
  }
  return kept.join('/');
}
