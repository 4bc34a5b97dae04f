/** What an answer of Unity says. Errors come in the body, whatever the status; their text is never repeated. */

export type Row = Readonly<Record<string, string>>;

/** What an error is about, as far as its words tell; they may quote a patient, so only this leaves here. */
export type Complaint = 'token' | 'user' | 'other';

export type Answer =
  | { readonly kind: 'rows'; readonly rows: readonly Row[] }
  | { readonly kind: 'error'; readonly about: Complaint }
  /** Not whole, or not of Unity. */
  | { readonly kind: 'broken' };

const ERROR_TEXT = /^\s*"?\s*error\s*:/i;

/** The answer of MagicJson: an array whose first element holds the rows under `<action>info`. */
export function parseAnswer(action: string, text: string): Answer {
  if (ERROR_TEXT.test(text)) return complaint(text);
  const parsed = parsedOf(text);
  const [first] = Array.isArray(parsed) ? (parsed as readonly unknown[]) : [parsed];
  if (Array.isArray(parsed) && first === undefined) return { kind: 'rows', rows: [] };
  if (typeof first === 'string' && ERROR_TEXT.test(first)) return complaint(first);
  if (!isObject(first)) return { kind: 'broken' };
  const said = errorIn(first);
  if (said !== undefined) return complaint(said);
  const found = valueOf(first, `${action}info`);
  if (found === undefined) return { kind: 'broken' };
  const rows = (Array.isArray(found) ? found : [found]).filter(isObject);
  const inRow = rows.map(errorIn).find((each) => each !== undefined);
  return inRow === undefined ? { kind: 'rows', rows: rows.map(textual) } : complaint(inRow);
}

/** The answer of GetToken: the token as plain text, or an error. */
export function parseToken(text: string): string | undefined {
  const token = text.trim().replace(/^"(.*)"$/, '$1');
  return /^[\w-]{8,200}$/.test(token) ? token : undefined;
}

/** A column of a row; servers differ in how they spell the names. */
export function columnOf(row: Row, name: string): string | undefined {
  return valueOf(row, name);
}

function complaint(said: string): Answer {
  if (/token/i.test(said)) return { kind: 'error', about: 'token' };
  return { kind: 'error', about: /authenticat|password|log ?in/i.test(said) ? 'user' : 'other' };
}

function errorIn(object: Readonly<Record<string, unknown>>): string | undefined {
  const said = valueOf(object, 'Error');
  if (said === undefined || said === null || said === '') return undefined;
  return typeof said === 'string' ? said : JSON.stringify(said);
}

function valueOf<T>(object: Readonly<Record<string, T>>, name: string): T | undefined {
  if (Object.hasOwn(object, name)) return object[name];
  const key = Object.keys(object).find((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : object[key];
}

function textual(row: Readonly<Record<string, unknown>>): Row {
  const values = Object.entries(row).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value));
  return Object.fromEntries(values.map(([name, value]) => [name, String(value)]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsedOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
