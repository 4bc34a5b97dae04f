/** JSON in one spelling (RFC 8785, JSON Canonicalization Scheme): equal values have equal bytes. */
import { Fault } from './fault.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

const DEPTH_MAX = 200;

/** Serialises `value` by RFC 8785. Members that are undefined are left out. Fails with JSON_NOT_CANONICAL. */
export function canonicalJson(value: Json): string {
  return write(value, 0);
}

function write(value: Json, depth: number): string {
  if (depth > DEPTH_MAX) throw notCanonical('the value is nested too deeply');
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw notCanonical('a string holds a lone surrogate');
    return JSON.stringify(value);
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw notCanonical('a number is not finite');
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((each: Json) => write(each, depth + 1)).join(',')}]`;
  const object = value as { readonly [key: string]: Json | undefined };
  let text = '';
  // Array.prototype.sort compares UTF-16 code units, which is the order RFC 8785 section 3.2.3 asks for.
  for (const key of Object.keys(object).sort()) {
    const member = object[key];
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${write(member, depth + 1)}`;
  }
  return `{${text}}`;
}

function notCanonical(why: string): Fault {
  return new Fault({ code: 'JSON_NOT_CANONICAL', retry: 'permanent', message: `cannot canonicalise: ${why}` });
}
