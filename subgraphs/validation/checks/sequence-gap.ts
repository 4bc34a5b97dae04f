/** Messages that are missing between others: what counts by one (MSH-10, MSH-13) has a hole, or comes twice. */
import type { Check } from '../domain/check.ts';

export const SEQUENCE_GAP: Check = {
  id: 'sequence-gap',
  version: '2',
  layer: 'usability',
  method: 'dataset',
  requirements: ['J33', 'J34', 'I06'],
  categories: ['sequence-gap'],
  codes: ['CONTROL_ID_MISSING', 'CONTROL_ID_REPEATED', 'SEQUENCE_NUMBER_MISSING', 'SEQUENCE_NUMBER_REPEATED'],
  cannotSee: 'messages missing before the first and after the last, and feeds in which nothing counts by one',
};

/** Fewer messages of one prefix are no series. */
export const SERIES_LENGTH_MIN = 5;
/** A series counts by one in at least this share of its steps; otherwise its ids mean something else. */
export const STEPS_OF_ONE_SHARE_MIN = 0.5;
/** At least this share of a sender's messages have a control id of their own; otherwise it names something else. */
export const OWN_IDS_SHARE_MIN = 0.5;
/** A larger jump begins another series. */
export const GAP_LENGTH_MAX = 1000;
/** More digits cannot be counted with exactly. */
const DIGITS_MAX = 15;

export interface CountedId {
  readonly prefix: string;
  readonly number: number;
}

/** Splits `ORU000012` into what stays and what counts; undefined where nothing counts. */
export function countedIdOf(controlId: string): CountedId | undefined {
  const digits = /\d+$/.exec(controlId)?.[0];
  if (digits === undefined || digits.length > DIGITS_MAX) return undefined;
  return { prefix: controlId.slice(0, -digits.length), number: Number(digits) };
}
