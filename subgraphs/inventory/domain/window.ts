/** The cutover window: local times of a named zone, or instants, understood as instants. */
import type { Refusal } from '../../../kernel/refusal.ts';
import { isOnCalendar, readInstant } from './instant.ts';
import type { Window } from './programme.ts';

export interface OpenWindow {
  readonly opensAt: Date;
  readonly closesAt: Date;
}

const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2})?$/;
const MINUTE_MS = 60_000;
/** Offsets change once at most while they are looked for. */
const ROUNDS_MAX = 3;

/** Refuses with ZONE_UNKNOWN, TIME_INVALID and WINDOW_EMPTY; nothing is wrong with a window that is read. */
export function checkWindow(window: Window, at: readonly string[]): readonly Refusal[] {
  if (!isZone(window.zone)) {
    const message = `${[...at, 'zone'].join('.')} is no time zone; allowed: IANA names, for example America/Chicago`;
    return [{ code: 'ZONE_UNKNOWN', message, field: [...at, 'zone'], remedy: 'write the name of a zone' }];
  }
  const wrong = (['opens', 'closes'] as const).filter((name) => instantOf(window[name], window.zone) === undefined);
  if (wrong.length > 0) return wrong.map((name) => notATime([...at, name]));
  const { opensAt, closesAt } = read(window);
  if (closesAt.getTime() > opensAt.getTime()) return [];
  const field = [...at, 'closes'];
  const message = `${field.join('.')} is not later than ${[...at, 'opens'].join('.')}`;
  return [{ code: 'WINDOW_EMPTY', message, field, remedy: 'let the window close after it opens' }];
}

/** The instants of a window that checkWindow has nothing against; null when there is none. */
export function openWindow(window: Window | null | undefined): OpenWindow | null {
  if (window === null || window === undefined || checkWindow(window, ['window']).length > 0) return null;
  return read(window);
}

function read({ opens, closes, zone }: Window): OpenWindow {
  const [opensAt, closesAt] = [instantOf(opens, zone), instantOf(closes, zone)];
  return { opensAt: opensAt ?? new Date(Number.NaN), closesAt: closesAt ?? new Date(Number.NaN) };
}

/** Undefined when there is no such time, as in the hour that a clock leaps over. */
function instantOf(text: string, zone: string): Date | undefined {
  if (!LOCAL.test(text)) return readInstant(text);
  if (!isOnCalendar(text)) return undefined;
  const wall = Date.parse(`${text}Z`);
  let instant = wall;
  for (let round = 0; round < ROUNDS_MAX; round++) instant = wall - offsetMs(new Date(instant), zone);
  const found = new Date(instant);
  return found.getTime() + offsetMs(found, zone) === wall ? found : undefined;
}

/** How far the clocks of `zone` are ahead of UTC at an instant. */
function offsetMs(at: Date, zone: string): number {
  const part = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' } as const;
  const format = new Intl.DateTimeFormat('en-CA', { ...part, timeZone: zone, hourCycle: 'h23', calendar: 'iso8601' });
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute } = parts;
  const wall = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
  return wall - Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS;
}

export function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

function notATime(field: readonly string[]): Refusal {
  return {
    code: 'TIME_INVALID',
    message: `${field.join('.')} is no time; allowed: 2026-11-28T22:00, or with an offset 2026-11-28T22:00-06:00`,
    field,
    remedy: 'write a local time of the zone that its clocks show, or an instant',
  };
}
