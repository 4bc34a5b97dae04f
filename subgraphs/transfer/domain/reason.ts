/** Words about a fault that may be shown and sent on: an item is called by its id, never by its name. */

const PART_LENGTH_MIN_CHARS = 4;
const REASON_LENGTH_MAX_CHARS = 500;

/** The message with every trace of the item's path replaced: the whole path, its escaped spellings and its parts. */
export function withoutPath(message: string, item: { readonly itemId: string; readonly path: string }): string {
  const parts = item.path.split('/').filter((part) => part.length >= PART_LENGTH_MIN_CHARS);
  const spellings = [item.path, ...parts].flatMap((text) => [text, quoted(text), encodeURI(text), encoded(text)]);
  let said = message;
  for (const spelling of spellings) said = said.replaceAll(spelling, item.itemId);
  return clipped(said);
}

/** A message that concerns no item, cut to a length that fits an event. */
export function clipped(message: string): string {
  return message.length <= REASON_LENGTH_MAX_CHARS ? message : `${message.slice(0, REASON_LENGTH_MAX_CHARS - 1)}…`;
}

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/');
}
