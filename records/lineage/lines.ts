/** Where in the text of a map something stands. */
import { isNode, type Document } from 'yaml';

/** The line (from 1) of a path in a map's text, or of the nearest thing around it that has one. */
export function lineOf(document: Document, text: string, at: readonly string[]): number | undefined {
  const path = [...at];
  for (; path.length > 0; path.pop()) {
    const node = document.getIn(
      path.map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
      true,
    );
    if (!isNode(node) || node.range === null || node.range === undefined) continue;
    return text.slice(0, node.range[0]).split('\n').length;
  }
  return undefined;
}
