/**
 * A feed that fell silent: a stretch of days without a message, longer than its own rhythm explains, or than the plan
 * says. Only the plan can say from when until when there must be messages.
 */
import type { SilenceRule } from '../domain/category.ts';
import type { Check } from '../domain/check.ts';

export const DROPPED_FEED: Check = {
  id: 'dropped-feed',
  version: '2',
  layer: 'usability',
  method: 'dataset',
  requirements: ['J33', 'J34'],
  categories: ['sequence-gap'],
  codes: ['FEED_SILENT'],
  cannotSee:
    'without feeds in the plan: days missing before the first message of a type and after its last, a type of which ' +
    'nothing came, and a feed too short to have a rhythm; never: days on which only some of the messages are missing',
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
