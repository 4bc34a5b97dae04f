/** The forms health records come in, and what an examination of one item says about it. */

export const FORMATS = ['hl7v2', 'fhir', 'ccda', 'delimited', 'document', 'bytes'] as const;
export type Format = (typeof FORMATS)[number];

/** Control totals of one item: messages, resources, rows or pages, and the populated fields in them. */
export interface Shape {
  readonly records: number;
  readonly fields: number;
}

/** Something wrong with the data itself; becomes an exception. It never holds a value, only where to look. */
export interface Problem {
  readonly category:
    | 'unreadable'
    | 'schema-invalid'
    | 'content-implausible'
    | 'code-translation-mismatch'
    | 'sequence-gap';
  readonly code: string;
  /** Line, segment and field, JSON pointer, XPath or byte; first position is 1, bytes and JSON pointers excepted. */
  readonly position: string;
  /** The key of the record concerned, where there is one. */
  readonly record?: string;
  readonly field?: string;
  /** Never a value. */
  readonly message: string;
}

/** `shape` is null where nothing was counted: the format `bytes`, or an item that cannot be read. */
export interface Examination {
  readonly shape: Shape | null;
  readonly problems: readonly Problem[];
  /** By content, never by file name. */
  readonly mediaType: string;
}
