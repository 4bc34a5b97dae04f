/** Numbers and texts on their way into FHIR. */
import { isKept } from '../fhir/number.ts';
import type { Draft } from './draft.ts';

type Complain = (code: string, why: string) => void;

const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/;
const QUANTITY = /^(<=|>=|<|>)?\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))$/;

/** A decimal number; none where the text is another thing or its value would change. */
export function readNumber(text: string, complain: Complain): number | undefined {
  const trimmed = text.trim();
  if (!DECIMAL.test(trimmed)) {
    complain('NUMBER_INVALID', 'not a decimal number');
    return undefined;
  }
  if (!isKept(trimmed)) {
    complain('NUMBER_PRECISION', 'a number with more digits than are kept');
    return undefined;
  }
  // Adding zero turns -0, which canonical JSON does not know, into 0.
  return Number(trimmed) + 0;
}

/** A FHIR Quantity without its unit. */
export function readQuantity(text: string, complain: Complain): Draft | undefined {
  const [, comparator, decimal] = QUANTITY.exec(text.trim()) ?? [];
  const value = readNumber(decimal ?? text, complain);
  if (value === undefined) return undefined;
  return comparator === undefined ? { value } : { value, comparator };
}

/** Why FHIR cannot carry a text, or undefined where it can. */
export function unwritable(text: string): string | undefined {
  if (/[\0-\x08\x0b\x0c\x0e-\x1f]/.test(text)) return 'a control character that FHIR does not allow in text';
  return text.isWellFormed() ? undefined : 'half of a surrogate pair';
}
