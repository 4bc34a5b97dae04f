/** Offsets of local times: the declared zone decides, and says so where a local time is none or two moments. */
import { parseHl7Date, wallClockMs, type PartialDate } from '../partial-date.ts';

const OFFSET = /^([+-])(\d\d):?(\d\d)$/;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether the text is an IANA zone this machine knows, or an offset. */
export function isZone(zone: string): boolean {
  return OFFSET.test(zone) || formatOf(zone) !== undefined;
}

/** Minutes east of UTC at a local time; `gap` where clocks skipped it, `overlap` where they showed it twice. */
export function offsetAt(zone: string, local: PartialDate): number | 'gap' | 'overlap' {
  const fixed = fixedOffset(zone);
  if (fixed !== undefined) return fixed;
  const wall = wallClockMs(local);
  const candidates = new Set([offsetOf(zone, wall - DAY_MS), offsetOf(zone, wall + DAY_MS)]);
  const fitting = [...candidates].filter((offset) => offsetOf(zone, wall - offset * MINUTE_MS) === offset);
  const [only] = fitting;
  if (only === undefined) return 'gap';
  return fitting.length > 1 ? 'overlap' : only;
}

/** What clocks in a zone show at a moment, to the second. */
export function localAt(zone: string, instantMs: number): PartialDate {
  const offset = fixedOffset(zone) ?? offsetOf(zone, instantMs);
  const local = new Date(instantMs + offset * MINUTE_MS);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
  };
}

function fixedOffset(zone: string): number | undefined {
  const match = OFFSET.exec(zone);
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? -minutes : minutes;
}

/** The offset an HL7 time is written with, as `-05:00`; undefined where it has none. */
export function writtenOffset(time: string): string | undefined {
  const offset = parseHl7Date(time)?.offsetMinutes;
  if (offset === undefined) return undefined;
  const size = Math.abs(offset);
  const digits = (value: number) => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}

function offsetOf(zone: string, instantMs: number): number {
  const parts = formatOf(zone)?.formatToParts(instantMs) ?? [];
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const match = /GMT([+-])(\d\d):(\d\d)/.exec(name);
  if (match === null) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? -minutes : minutes;
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
    return format;
  } catch {
    return undefined;
  }
}
