/** The line that says how far a migration is. */
import { describe, expect, test } from '@jest/globals';
import { type ProgressState, progressLine } from '../../cli/progress-line.ts';

const AT_REST = { phase: 'moving', items: 1_000, itemsDone: 0, bytesDone: 0, exceptions: 0, elapsedSeconds: 0 };

describe('the progress line', () => {
  test('tells what is left by the speed of the phase, and not by what was done before', () => {
    const resumed = { ...AT_REST, itemsDone: 500, elapsedSeconds: 1 };
    const lines = printed(resumed, { ...resumed, itemsDone: 510, elapsedSeconds: 11 });
    expect(lines[0]).not.toContain('left');
    expect(lines[1]).toContain('510/1000 items, 0 B, 0 exceptions, 11 s, about 490 s left');
  });

  test('begins anew with the next phase', () => {
    const packed = { ...AT_REST, phase: 'packing', itemsDone: 1_000, elapsedSeconds: 600 };
    const moving = { ...AT_REST, elapsedSeconds: 602 };
    const lines = printed(packed, moving, { ...moving, itemsDone: 100, elapsedSeconds: 612 });
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['packing', 'moving', 'moving']);
    expect(lines[2]).toContain('about 90 s left');
  });

  test('tells only what is known in the phase', () => {
    const [listing] = printed({ phase: 'listing', items: 0, itemsDone: 4_000, elapsedSeconds: 3 });
    expect(listing?.trim()).toMatch(/^listing {6}\[\.+\] 4000 items, 3 s$/);
  });
});

/** What is printed where there is no terminal. */
function printed(...states: readonly ProgressState[]): readonly string[] {
  const lines: string[] = [];
  const stream = { isTTY: false, write: (text: string) => lines.push(text) > 0 };
  const line = progressLine(stream as unknown as NodeJS.WriteStream);
  for (const state of states) line.show(state);
  line.end();
  return lines;
}
