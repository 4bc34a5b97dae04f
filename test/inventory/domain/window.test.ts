import { describe, expect, test } from '@jest/globals';
import { assert, date, property } from 'fast-check';
import { checkWindow, openWindow } from '../../../subgraphs/inventory/domain/window.ts';

const instants = (opens: string, closes: string, zone: string) => {
  const open = openWindow({ opens, closes, zone });
  return open && [open.opensAt.toISOString(), open.closesAt.toISOString()];
};
const codes = (opens: string, closes: string, zone: string) =>
  checkWindow({ opens, closes, zone }, ['window']).map(({ code, field }) => `${code} ${field?.join('.')}`);

describe('a cutover window', () => {
  test('is read in the local time of its zone, on both sides of a change of the clocks', () => {
    expect(instants('2026-11-28T22:00', '2026-11-29T06:00:30', 'America/Chicago')).toEqual([
      '2026-11-29T04:00:00.000Z',
      '2026-11-29T12:00:30.000Z',
    ]);
    // The night from 24 to 25 October 2026 has an hour more in Berlin.
    expect(instants('2026-10-24T22:00', '2026-10-25T06:00', 'Europe/Berlin')).toEqual([
      '2026-10-24T20:00:00.000Z',
      '2026-10-25T05:00:00.000Z',
    ]);
  });

  test('takes an instant with an offset for what it is', () => {
    expect(instants('2026-11-28T22:00-06:00', '2026-11-29T12:00:00Z', 'Europe/Berlin')).toEqual([
      '2026-11-29T04:00:00.000Z',
      '2026-11-29T12:00:00.000Z',
    ]);
  });

  test('reads every local time of a zone without changes back to the same', () => {
    const day = date({ min: new Date('2000-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });
    assert(
      property(day, (at) => {
        const local = at.toISOString().slice(0, 16);
        const later = new Date(at.getTime() + 86_400_000).toISOString().slice(0, 16);
        expect(instants(local, later, 'UTC')?.[0]).toBe(`${local}:00.000Z`);
      }),
    );
  });

  test('is refused where a clock leaps over the time, where it ends before it begins, and in no zone', () => {
    expect(codes('2026-03-29T02:30', '2026-03-29T06:00', 'Europe/Berlin')).toEqual(['TIME_INVALID window.opens']);
    expect(codes('2026-02-30T02:30', 'soon', 'Europe/Berlin')).toEqual([
      'TIME_INVALID window.opens',
      'TIME_INVALID window.closes',
    ]);
    expect(codes('2026-03-28T02:30', '2026-03-28T02:30', 'UTC')).toEqual(['WINDOW_EMPTY window.closes']);
    expect(codes('2026-03-28T02:30', '2026-03-28T03:30', 'Middle/Earth')).toEqual(['ZONE_UNKNOWN window.zone']);
    expect(openWindow({ opens: 'x', closes: 'y', zone: 'UTC' })).toBeNull();
  });
});
