/** The rules said no: a refusal is returned, and says what would make it a yes. */
export interface Refusal {
  readonly code: string;
  /** What was refused and why; never patient data. */
  readonly message: string;
  /** The path of the input field concerned, outermost first. */
  readonly field?: readonly string[] | undefined;
  /** What would make the answer yes. */
  readonly remedy: string;
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusals: readonly Refusal[] };

export function granted<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function refused(...refusals: readonly Refusal[]): {
  readonly ok: false;
  readonly refusals: readonly Refusal[];
} {
  return { ok: false, refusals };
}
