/** JSON in one spelling (RFC 8785, JSON Canonicalization Scheme), and numbers that keep their digits. */
import { Fault } from './fault.ts';

export type Json =
  | null
  | boolean
  | number
  | NumberLiteral
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * A number in the digits it was written with, where a double would be printed with others: FHIR keeps the precision of
 * a decimal, 1.010 is not 1.01 (R4, datatypes, decimal). Every other number is a plain one.
 */
export class NumberLiteral {
  readonly literal: string;

  constructor(literal: string) {
    this.literal = literal;
  }

  toString(): string {
    return this.literal;
  }

  valueOf(): number {
    return Number(this.literal);
  }

  toJSON(): unknown {
    return rawJSON(this.literal);
  }
}

type Reviver = (name: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Source text access (ECMAScript 2026), which the library of types does not know yet. */
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON(text: string): unknown;
};

/** The number a JSON text of one (RFC 8259, section 6) stands for. */
export function numberOf(literal: string): number | NumberLiteral {
  const value = Number(literal);
  return String(value) === literal ? value : new NumberLiteral(literal);
}

/** A number that ends in zeros behind the point, has an exponent, or more digits than a double is printed with. */
const SUSPECT = /[:,[]\s*-?(?:\d+\.\d*0|[\d.]+[eE][+-]?\d+|[\d.]{16,}|(?<=-)0)(?=\s*[,}\]])/;

/** Parses JSON and keeps the digits of its numbers. Fails as JSON.parse does. */
export function parseJson(text: string): Json {
  // Asking for the source of every value is slow, and most texts hold no number that needs it.
  if (!SUSPECT.test(text)) return JSON.parse(text) as Json;
  return parse(text, (_name, value, { source }) =>
    typeof value === 'number' && source !== undefined ? numberOf(source) : value,
  ) as Json;
}

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
  // RFC 8785 knows doubles alone; the digits of a decimal are part of what it says.
  if (value instanceof NumberLiteral) return value.literal;
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
