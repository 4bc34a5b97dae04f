/** A number that ends in zeros behind the point, has an exponent, or more digits than a double is printed with. */
const SUSPECT = /[:,[]\s*-?(?:\d+\.\d*0|[\d.]+[eE][+-]?\d+|[\d.]{16,}|(?<=-)0)(?=\s*[,}\]])/;

type Reviver = (name: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Source text access (ECMAScript 2026), which the library of types does not know yet. */
const { parse, rawJSON } = JSON as unknown as {
  parse(text: string, reviver: Reviver): unknown;
  rawJSON(text: string): unknown;
};

/**
 * Parses JSON so that JSON.stringify prints every number in the digits it was written with: to FHIR R4 1.10 is not 1.1
 * (2.24.0.1). Such numbers become what JSON.rawJSON makes, no numbers to reckon with; all others stay plain.
 */
export function parseKeepingDigits(text: string): unknown {
  // Asking for the source of every value is slow, and most texts hold no number that needs it.
  if (!SUSPECT.test(text)) return JSON.parse(text);
  return parse(text, (_name, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value,
  );
}
