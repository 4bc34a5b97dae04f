/** The leaves of a resource: its populated fields, in one order on every machine. */
import { type Json, NumberLiteral } from '../kernel/canonical-json.ts';

export type JsonObject = { readonly [key: string]: Json | undefined };

/** Deeper nesting is refused: no clinical resource needs it, and canonical JSON ends at 200. */
export const NESTING_MAX = 100;
const TOO_DEEP = `nested deeper than ${NESTING_MAX} levels`;

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberLiteral);
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Populated fields of a resource: its strings, numbers and booleans, the resource type not counted. */
export function recordFields(resource: Json): number {
  const typed = isObject(resource) && typeof resource['resourceType'] === 'string';
  return countLeaves(resource) - (typed ? 1 : 0);
}

function countLeaves(value: Json | undefined): number {
  if (value === null || value === undefined) return 0;
  if (typeof value !== 'object' || value instanceof NumberLiteral) return value === '' ? 0 : 1;
  let leaves = 0;
  for (const member of isArray(value) ? value : Object.values(value)) leaves += countLeaves(member);
  return leaves;
}

/** Why a parsed value cannot become canonical JSON, by JSON pointer; undefined where it can. */
export function notCanonical(value: Json, depth = 0): { pointer: string; why: string } | undefined {
  if (typeof value === 'string' && !value.isWellFormed())
    return { pointer: '', why: 'a string holds a lone surrogate' };
  if (value === null || typeof value !== 'object' || value instanceof NumberLiteral) return undefined;
  if (depth >= NESTING_MAX) return { pointer: '', why: TOO_DEEP };
  for (const [key, member] of Object.entries(value)) {
    if (!key.isWellFormed()) return { pointer: '', why: 'a name holds a lone surrogate' };
    const found = member === undefined ? undefined : notCanonical(member, depth + 1);
    // What is nested too deeply has no place worth telling.
    if (found?.why === TOO_DEEP) return found;
    if (found !== undefined) return { pointer: `/${escaped(key)}${found.pointer}`, why: found.why };
  }
  return undefined;
}

/** RFC 6901. */
export function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
