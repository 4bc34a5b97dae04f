/** Which differences from what others make of the same source a map explains. */
import type { Departure } from './language.ts';

/** One fact that one side has and the other has not, or has with another value. */
export interface Departed {
  /** The FHIR element path without positions, from the type: `Patient.name.family`. */
  readonly field: string;
  readonly from: Exclude<Departure['from'], '*'>;
  readonly kind: Departure['kind'];
  readonly value: string;
  /** The segment of the message that says it, if one is known. */
  readonly segment?: string | undefined;
}

/** The first departure that is about it; undefined where nothing explains it. */
export function departureFor(departures: readonly Departure[], departed: Departed): Departure | undefined {
  return departures.find(
    ({ field, from, kind, startsWith, segments }) =>
      kind === departed.kind &&
      (from === '*' || from === departed.from) &&
      isAbout(field, departed.field) &&
      (startsWith === undefined || departed.value.startsWith(startsWith)) &&
      (segments === undefined || segments.includes(departed.segment ?? '')),
  );
}

function isAbout(field: string, path: string): boolean {
  if (field.startsWith('//')) return path.endsWith(`.${field.slice(2)}`);
  return path === field || path.startsWith(`${field}.`);
}
