/** Numbers and texts on their way into FHIR. */
import { type NumberLiteral, numberOf } from '../../kernel/canonical-json.ts';
import { isKept } from '../fhir/number.ts';
import type { Draft } from './draft.ts';

type Complain = (code: string, why: string) => void;

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;
/** What nearly every number is: so short that it is kept, and written as JSON writes it. */
const PLAIN = /^(?:0|[1-9]\d*)(?:\.\d+)?$/;
const PLAIN_CHARACTERS_MAX = 15;
const QUANTITY = /^(<=|>=|<|>)?\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))$/;

/** A number in the digits it is written with; none where the text is another thing or its value would change. */
export function readNumber(text: string, complain: Complain): number | NumberLiteral | undefined {
  const trimmed = text.trim();
  if (trimmed.length <= PLAIN_CHARACTERS_MAX && PLAIN.test(trimmed)) return numberOf(trimmed);
  if (!DECIMAL.test(trimmed)) {
    complain('NUMBER_INVALID', 'not a decimal number');
    return undefined;
  }
  if (!isKept(trimmed)) {
    complain('NUMBER_PRECISION', 'a number with more digits than are kept');
    return undefined;
  }
  return numberOf(literalOf(trimmed));
}

/** As JSON writes it (RFC 8259, section 6); nothing is below zero by nothing. */
function literalOf(decimal: string): string {
  const [, sign = '', whole = '', fraction = ''] = /^([+-]?)0*(\d*)(?:\.(\d*))?$/.exec(decimal) ?? [];
  const digits = `${whole === '' ? '0' : whole}${fraction === '' ? '' : `.${fraction}`}`;
  return sign === '-' && /[1-9]/.test(digits) ? `-${digits}` : digits;
}

/** A FHIR Quantity without its unit. */
export function readQuantity(text: string, complain: Complain): Draft | undefined {
  if (PLAIN.test(text)) {
    const value = readNumber(text, complain);
    return value === undefined ? undefined : { value };
  }
  const [, comparator, decimal] = QUANTITY.exec(text.trim()) ?? [];
  const value = readNumber(decimal ?? text, complain);
  if (value === undefined) return undefined;
  return comparator === undefined ? { value } : { value, comparator };
}

/** Control characters, and halves of surrogate pairs, which may stand in their pair. */
const SUSPECT = /[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]/;

/** Why FHIR cannot carry a text, or undefined where it can. */
export function unwritable(text: string): string | undefined {
  if (!SUSPECT.test(text)) return undefined;
  if (/[\0-\x08\x0b\x0c\x0e-\x1f]/.test(text)) return 'a control character that FHIR does not allow in text';
  return text.isWellFormed() ? undefined : 'half of a surrogate pair';
}

/** A number without a fraction. */
export function readWhole(text: string, complain: Complain): number | undefined {
  const number = readNumber(text, complain);
  const read = number === undefined ? undefined : Number(number);
  if (read === undefined || Number.isSafeInteger(read)) return read;
  complain('NUMBER_NOT_WHOLE', 'a whole number is asked for, and this has a fraction');
  return undefined;
}
