/** What tells one record of an extract from another. */
import { compileWalk, parseTreePath } from '../../../records/lineage/tree-path.ts';
import { jsonRoot, JSON_TREE } from '../../../records/lineage/tree-json.ts';
import { SOURCE_KEY_PATH, SOURCE_TAG_PATH } from '../../../records/lineage/source-key.ts';
import { columnName } from '../../../records/lineage/source-rows.ts';
import type { ExtractRecord, Shape } from './extract.ts';

/** The key of a record; undefined where a part of it is missing, or is not one value. */
export type KeyOf = (record: ExtractRecord) => string | undefined;

/** Between the parts of a key: no field holds it. */
export const PART_SEPARATOR = '\u001f';

/**
 * `fields` are column names, letter case ignored; of JSON they are paths (`identifier[system='urn:x'].value`).
 * Undefined where one of them is no path.
 */
export function compileKey(fields: readonly string[], shape: Shape): KeyOf | undefined {
  const parts = fields.map((field) => (shape === 'json' ? memberPart(field) : columnPart(field)));
  if (parts.some((part) => part === undefined)) return undefined;
  return (record) => {
    const values: string[] = [];
    for (const part of parts) {
      const value = part?.(record);
      if (value === undefined || value === '') return undefined;
      values.push(value);
    }
    return values.join(PART_SEPARATOR);
  };
}

function columnPart(field: string): KeyOf {
  const name = columnName(field);
  return ({ value }) => {
    const cell = value[name];
    return cell === undefined || typeof cell === 'object' ? undefined : String(cell);
  };
}

function memberPart(field: string): KeyOf | undefined {
  const path = parseTreePath(field, '.');
  if (path === undefined) return undefined;
  const walk = compileWalk(path, JSON_TREE);
  // Types that have no identifiers carry the key of their source as a tag.
  const tag = field === SOURCE_KEY_PATH ? parseTreePath(SOURCE_TAG_PATH, '.') : undefined;
  const walkTags = tag === undefined ? undefined : compileWalk(tag, JSON_TREE);
  return ({ value }) => {
    const root = jsonRoot(value, '');
    const identifiers = walk(root);
    const found = identifiers.length === 0 && walkTags !== undefined ? walkTags(root) : identifiers;
    const [only] = found;
    return found.length === 1 && only !== undefined ? JSON_TREE.text(only) : undefined;
  };
}
