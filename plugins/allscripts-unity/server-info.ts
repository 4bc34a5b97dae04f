/** What GetServerInfo says: product, version, and how the clocks of the server stand. */
import { columnOf, type Row } from './answer.ts';

export interface ServerInfo {
  readonly facts: Readonly<Record<string, string>>;
  /** East of UTC; undefined where the server does not say. */
  readonly offsetMinutes: number | undefined;
  /** What its clock says, in UTC. */
  readonly time: Date | undefined;
  /** How far its clock is ahead of ours. */
  readonly clockSkewSeconds: number | undefined;
}

export const UNKNOWN_SERVER: ServerInfo = {
  facts: {},
  offsetMinutes: undefined,
  time: undefined,
  clockSkewSeconds: undefined,
};

const MINUTE_MS = 60_000;
/** With the fraction in as many digits as it likes. */
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?([+-])(\d\d):(\d\d)$/;

export function readServerInfo(row: Row, now: Date): ServerInfo {
  const written = TIME.exec(columnOf(row, 'ServerDateTimeOffset') ?? '');
  const facts = Object.fromEntries(
    Object.entries(FACTS).map(([fact, column]) => [fact, columnOf(row, column) ?? 'unknown']),
  );
  if (written === null) return { ...UNKNOWN_SERVER, facts };
  const [, local = '', sign, hours, minutes] = written;
  const offsetMinutes = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  const time = new Date(Date.parse(`${local}Z`) - offsetMinutes * MINUTE_MS);
  const clockSkewSeconds = Math.round((time.getTime() - now.getTime()) / 1000);
  return { facts, offsetMinutes, time, clockSkewSeconds };
}

const FACTS = { product: 'System', productVersion: 'ProductVersion', serverTimeZone: 'ServerTimeZone' };

/** Minutes east of UTC in a zone at an instant. */
export function offsetOf(zone: string, instant: Date): number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const name = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d\d):?(\d\d)?/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0));
}
