/** What a value looks like, told by its mask alone. */
import { dateShapeOf, type DateShape } from './date-shape.ts';

export type ContentClass = 'date' | 'phone' | 'email' | 'ssn' | 'url' | 'ip' | 'zip';

export interface Content {
  readonly class: ContentClass | undefined;
  readonly date: DateShape | undefined;
  /** Digits with at most a sign and a point: a number, where the field is none of identifiers. */
  readonly isNumber: boolean;
  readonly isDigits: boolean;
}

const CLASSES: readonly (readonly [ContentClass, RegExp])[] = [
  ['ssn', /^999-99-9999$/],
  ['phone', /^(?:\+?9{1,3}[-. ])?\(?999\)?[-. ]?999[-.]9999(?: ?[xX]\.? ?9{1,6})?$/],
  ['email', /^[\w.+*'-]+@[\w*-]+(?:\.[\w*-]+)+$/],
  ['url', /^(?:aaaa?a?|AAAAA?):\/\/\S+$/],
  ['ip', /^9{1,3}\.9{1,3}\.9{1,3}\.9{1,3}$/],
  ['zip', /^99999-9999$/],
];

/** What values with this mask look like. */
export function contentOf(mask: string): Content {
  // The letters of ISO 8601's times are the only ones a mask of a date can hold there.
  const date = dateShapeOf(mask.replace(/^(9999-99-99)A(?=9)/, '$1T').replace(/(?<=:99(?:\.9+)?)A$/, 'Z'));
  const found = CLASSES.find(([, pattern]) => pattern.test(mask))?.[0];
  return {
    class: date !== undefined && isPlainlyDate(date) ? 'date' : found,
    date,
    isNumber: /^[+-]?(?:9+(?:\.9*)?|\.9+)$/.test(mask),
    isDigits: /^9+$/.test(mask),
  };
}

/** Nothing but a date is written so, in whatever field. */
function isPlainlyDate({ family, isBare, hasTwoDigitYear, name }: DateShape): boolean {
  return (
    !isBare &&
    !hasTwoDigitYear &&
    family !== 'month-name' &&
    name.length >= 'yyyy-MM-dd'.length - 2 &&
    name !== 'yyyy-MM'
  );
}
