/** JSON pointers (RFC 6901) into the answers of an API. */
import { z } from 'zod';

export const pointer = z
  .string()
  .max(500)
  .regex(/^(\/([^~]|~[01])*)?$/, 'must be a JSON pointer, such as /data/items; empty is the whole answer');

/** What a pointer leads to, `undefined` when there is nothing. */
export function at(value: unknown, path: string): unknown {
  let here = value;
  for (const part of path.split('/').slice(1)) {
    if (typeof here !== 'object' || here === null) return undefined;
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    here = Object.hasOwn(here, name) ? (here as Readonly<Record<string, unknown>>)[name] : undefined;
  }
  return here;
}

/** A text or a number as text, in the digits it was written with; `undefined` for anything else. */
export function textAt(value: unknown, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const found = at(value, path);
  if (typeof found === 'string') return found;
  // What parseKeepingDigits keeps the digits of is an object to look at and a number to print.
  const printed = typeof found === 'number' || isRaw(found) ? JSON.stringify(found) : undefined;
  return printed;
}

function isRaw(value: unknown): boolean {
  return typeof value === 'object' && value !== null && /^-?\d/.test(JSON.stringify(value) ?? '');
}
