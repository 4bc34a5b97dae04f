/** Numbers that a machine's floating point would silently change. */

/** Digits enough to be lost, or an exponent large enough to become infinite. */
const SUSPECT = /[:,[]\s*-?(?:\d[\d.]{15,}|[\d.]+[eE][+-]?\d{3})/;

/** Where JSON text holds a number of another value than the parsed one; undefined where all are kept. */
export function unkeptNumber(text: string): { pointer: string; why: string } | undefined {
  if (!SUSPECT.test(text)) return undefined;
  let lost: string | undefined;
  JSON.parse(text, function (this: unknown, key: string, value: unknown, context?: { source?: string }) {
    if (typeof value === 'number' && context?.source !== undefined && !isKept(context.source)) lost ??= key;
    return value;
  } as (key: string, value: unknown) => unknown);
  if (lost === undefined) return undefined;
  return { pointer: `/**/${lost}`, why: 'a number with more digits than are kept' };
}

/** Whether the floating point of a decimal text is the same number, or the one the text was printed from. */
export function isKept(decimal: string): boolean {
  if (decimal.length <= DIGITS_ALWAYS_KEPT && /^[+-]?\d*\.?\d+$/.test(decimal)) return true;
  const value = Number(decimal);
  if (!Number.isFinite(value)) return false;
  const wanted = normal(decimal);
  return normal(String(value)) === wanted || normal(value.toPrecision(PRINTED_DIGITS)) === wanted;
}

/** Of a decimal without an exponent floating point keeps so many digits (IEEE 754 binary64). */
const DIGITS_ALWAYS_KEPT = 15;
/** As many digits as it takes to print any double so that it can be read again. */
const PRINTED_DIGITS = 17;

/** Sign, significant digits and power of ten: one spelling for each number. */
function normal(decimal: string): string {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(decimal);
  if (match === null) return decimal;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + (digits.length - significant.length);
  return `${sign === '-' ? '-' : ''}${significant}e${power}`;
}
