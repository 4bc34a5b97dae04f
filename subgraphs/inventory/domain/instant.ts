/** Instants and days as people write them (RFC 3339); a day the calendar does not have is none. */

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
