/** A feed that fell silent: a stretch of days without a message, longer than its own rhythm explains. */
import type { Check } from '../domain/check.ts';

export const DROPPED_FEED: Check = {
  id: 'dropped-feed',
  version: '1',
  layer: 'usability',
  method: 'dataset',
  requirements: ['J33', 'J34'],
  categories: ['sequence-gap'],
  codes: ['FEED_SILENT'],
  cannotSee:
    'days missing before the first message of a type and after its last, a feed of fewer than twenty days, and days ' +
    'on which only some of the messages are missing',
};

/** A type of message that came on fewer days has no rhythm. */
export const FEED_DAYS_MIN = 20;
/** The step between two days of the feed that at least this share of its steps keeps to is its usual one. */
export const USUAL_STEP_SHARE = 0.9;
/**
 * A silence is at least this many days, and so long that chance explains it in one of a thousand feeds: of messages
 * that come at random at most a tenth of the steps outlast the usual one, a hundredth two of it, and so on, and a feed
 * has as many tries as steps. So it takes three usual steps, and one more for each factor of ten in their number.
 */
export const SILENT_DAYS_MIN = 4;
export const SILENT_STEPS_MIN = 3;

/** The day of a time in ISO 8601; undefined where it is less precise than a day. */
export function dayOf(dateTime: string | null): string | undefined {
  return /^\d{4}-\d{2}-\d{2}/.exec(dateTime ?? '')?.[0];
}
