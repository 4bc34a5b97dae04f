/** A feed that fell silent: a stretch of days without a message, longer than its own rhythm explains. */
import type { SilenceRule } from '../domain/category.ts';
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
    'days missing before the first message of a type and after its last, a feed too short to have a rhythm, and days ' +
    'on which only some of the messages are missing',
};

/**
 * For policies that were sealed before they could say it. So long that chance explains a silence in one of a thousand
 * feeds: of messages that come at random at most a tenth of the steps outlast the usual one, a hundredth two of it, and
 * so on, and a feed has as many tries as steps.
 */
export const SILENCE: SilenceRule = { feedDaysMin: 20, usualStepShare: 0.9, silentDaysMin: 4, silentStepsMin: 3 };

/** The day of a time in ISO 8601; undefined where it is less precise than a day. */
export function dayOf(dateTime: string | null): string | undefined {
  return /^\d{4}-\d{2}-\d{2}/.exec(dateTime ?? '')?.[0];
}
