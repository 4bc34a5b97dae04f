/** What a source format offers the rules: values by path, groups to go through, places to point at. */
import type { Problem } from '../format.ts';

/** Receives what is wrong with the record being mapped; where `position` is not told, the receiver adds the place. */
export type Trouble = (
  category: Problem['category'],
  code: string,
  message: string,
  path?: string,
  position?: string,
) => void;

/** A value found in a scope: trimming and meaning are the rules' business. */
export type ValueOf<Scope> = (scope: Scope, trouble: Trouble) => string | undefined;

export interface Taken {
  readonly path: string;
  readonly repeats?: string | undefined;
}

export interface Source<Scope> {
  /** The value at a path; an absent one, an empty one and HL7's explicit null are undefined. */
  value(taken: Taken): ValueOf<Scope>;
  /**
   * What exactly a value is taken from in a scope: names of source values, each standing for everything inside it. The
   * leaves of the format (leaves-*.ts) use the same names.
   */
  instances(taken: Taken): (scope: Scope) => readonly string[];
  /** `OBX.n`, `row.n`: which of its group the scope is in, from 1. */
  ordinal(group: string): (scope: Scope) => string | undefined;
  /** The scopes of an `each` rule inside a scope; neighbours that agree in all paths of `together` are one. */
  each(forEach: string, together?: readonly string[]): (scope: Scope) => readonly Scope[];
  /** Where the scope, or a path in it, stands in the item. */
  position(scope: Scope, path?: string): string;
}
