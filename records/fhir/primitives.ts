/** The primitive data types of FHIR R4 (http://hl7.org/fhir/R4/datatypes.html): how their values are written. */
import { type Json, NumberLiteral } from '../../kernel/canonical-json.ts';
import { instantMs, parseIsoDate, precisionOf } from '../partial-date.ts';

export interface PrimitiveProblem {
  readonly code: 'VALUE_INVALID' | 'DATE_INVALID' | 'ELEMENT_EMPTY';
  readonly message: string;
}

const DATE_SHAPES: Readonly<Record<string, RegExp>> = {
  date: /^\d{4}(-\d\d(-\d\d)?)?$/,
  dateTime: /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?$/,
  instant: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
};

const TEXT_SHAPES: Readonly<Record<string, RegExp>> = {
  code: /^\S+(?: \S+)*$/,
  id: /^[A-Za-z\d\-.]{1,64}$/,
  time: /^(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?$/,
  uri: /^\S*$/,
  url: /^\S*$/,
  canonical: /^\S*$/,
  oid: /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/,
  uuid: /^urn:uuid:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/,
  base64Binary: /^(?:\s*[\dA-Za-z+/=]){4,}\s*$/,
};

const INTEGER_MAX = 2_147_483_647;
const SMALLEST: Readonly<Record<string, number>> = { integer: -INTEGER_MAX - 1, unsignedInt: 0, positiveInt: 1 };
/** A document is not looked at from end to end; its beginning tells whether it is base64 at all. */
const BASE64_CHARS_SEEN = 4_096;

/** What is wrong with a value of a primitive type, if anything. */
export function primitiveProblem(type: string, value: Json): PrimitiveProblem | undefined {
  if (type === 'boolean') return typeof value === 'boolean' ? undefined : invalid(type);
  if (type === 'decimal') {
    return typeof value === 'number' || value instanceof NumberLiteral ? undefined : invalid(type);
  }
  const smallest = SMALLEST[type];
  if (smallest !== undefined) {
    const isWhole = typeof value === 'number' && Number.isInteger(value);
    return isWhole && value >= smallest && value <= INTEGER_MAX ? undefined : invalid(type);
  }
  if (typeof value !== 'string') return invalid(type);
  if (value === '') return { code: 'ELEMENT_EMPTY', message: 'an empty text' };
  const isDated = DATE_SHAPES[type];
  if (isDated !== undefined) return isDated.test(value) && isMoment(value) ? undefined : invalidDate(type);
  const seen = type === 'base64Binary' ? value.slice(0, BASE64_CHARS_SEEN) : value;
  return TEXT_SHAPES[type]?.test(seen) === false ? invalid(type) : undefined;
}

function isMoment(text: string): boolean {
  const date = parseIsoDate(text);
  return date !== undefined && (precisionOf(date) !== 'time' || instantMs(date) !== undefined);
}

function invalid(type: string): PrimitiveProblem {
  return { code: 'VALUE_INVALID', message: `not a FHIR ${type}` };
}

function invalidDate(type: string): PrimitiveProblem {
  return { code: 'DATE_INVALID', message: `not a FHIR ${type}` };
}
