/** Instants and days as people write them (RFC 3339); a day the calendar does not have is none. */
import type { Refusal } from '../../../kernel/refusal.ts';

const INSTANT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Undefined when it is no instant. */
export function readInstant(text: string): Date | undefined {
  const wall = INSTANT.exec(text)?.[1];
  const date = new Date(text);
  return wall !== undefined && isOnCalendar(wall) && !Number.isNaN(date.getTime()) ? date : undefined;
}

export function isDay(text: string): boolean {
  return DAY.test(text) && isOnCalendar(text);
}

/** Whether the local date or date-time `wall` (no offset) is what it seems: the 30th of February is not. */
export function isOnCalendar(wall: string): boolean {
  const at = new Date(wall.includes('T') ? `${wall}Z` : wall);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(wall);
}

/** Refuses what is no instant, each with its place under `at`; what is not given is not refused. */
export function checkInstants(
  at: readonly string[],
  times: Readonly<Record<string, string | undefined>>,
): readonly Refusal[] {
  return Object.entries(times).flatMap(([name, text]) => {
    if (text === undefined || readInstant(text) !== undefined) return [];
    const field = [...at, name];
    const message = `${field.join('.')} is no instant; allowed: RFC 3339, for example 2026-11-28T22:00:00Z`;
    return [{ code: 'TIME_INVALID', message, field, remedy: 'write the instant with its offset' }];
  });
}
