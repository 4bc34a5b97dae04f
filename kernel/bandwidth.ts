/** How many bytes a second may move, by the hours of a place: the policy says it, the runtime obeys it. */
import type { Sha256 } from './digest.ts';

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

/** The house is everything that is moved, a route one migration, a connection one opened source or target. */
export const LEVELS = ['house', 'route', 'connection'] as const;
export type Level = (typeof LEVELS)[number];

/** From `from` until before `to` as the clocks on the wall show it, `HH:MM`; over midnight where `to` is not later. */
export interface Hours {
  /** Every day when left out; after midnight it is the next day. */
  readonly days?: readonly Day[] | undefined;
  readonly from: string;
  readonly to: string;
  readonly bytesPerSecondMax: number | null;
}

/** The first hours that fit say the cap, and where none do `bytesPerSecondMax`; null is no cap. */
export interface Cap {
  readonly bytesPerSecondMax: number | null;
  readonly hours: readonly Hours[];
}

export interface BandwidthRules extends Readonly<Record<Level, Cap>> {
  /** IANA name of the zone whose clocks count. */
  readonly zone: string;
}

/** Told when the caps of a migration are changed while it runs; every process hears it. */
export const BANDWIDTH_CHANGED = 'inventory.bandwidth-changed.v1';

/** Its payload. */
export interface BandwidthChanged {
  readonly migrationId: string;
  /** The sealed document that was asked for and decided. */
  readonly document: Sha256;
  /** Null: those of the policy again. */
  readonly bandwidth: BandwidthRules | null;
  readonly proposedBy: string;
  /** Null where the policy asks for no second person. */
  readonly approvedBy: string | null;
  /** RFC 3339, UTC. */
  readonly inForceSince: string;
}

/** What bytes share their bandwidth with, a migration, and by which rules. */
export interface Traffic {
  readonly route: string;
  readonly rules: BandwidthRules;
}

/** What one opened source or target moves. */
export interface Connection {
  /** Whether it may have to wait. */
  readonly isCapped: boolean;
  /** The same bytes in pieces, each as soon as it may move. Fails with the reason of `signal` when that fires. */
  pieces(bytes: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array>;
  close(): void;
}

const UNCAPPED: Cap = { bytesPerSecondMax: null, hours: [] };
export const NO_CAPS: BandwidthRules = { zone: 'UTC', house: UNCAPPED, route: UNCAPPED, connection: UNCAPPED };

/** The caps in force at an instant. Throws RangeError when the machine does not know the zone. */
export function capsAt(rules: BandwidthRules, at: Date): Readonly<Record<Level, number | null>> {
  const local = new Intl.DateTimeFormat('en-GB', {
    timeZone: rules.zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const parts = Object.fromEntries(local.formatToParts(at).map(({ type, value }) => [type, value]));
  const day = DAYS.find((each) => each === parts['weekday']?.toLowerCase());
  const time = `${parts['hour']}:${parts['minute']}`;
  const capOf = ({ bytesPerSecondMax, hours }: Cap) => {
    const fitting = hours.find((each) => isIn(each, time) && (each.days === undefined || isOn(each.days, day)));
    return fitting === undefined ? bytesPerSecondMax : fitting.bytesPerSecondMax;
  };
  return { house: capOf(rules.house), route: capOf(rules.route), connection: capOf(rules.connection) };
}

function isIn({ from, to }: Hours, time: string): boolean {
  return from < to ? time >= from && time < to : time >= from || time < to;
}

function isOn(days: readonly Day[], day: Day | undefined): boolean {
  return day !== undefined && days.includes(day);
}
